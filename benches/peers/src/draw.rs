//! The results as a picture: for each of some rows, bars of sansocket, of the best other crate and of tungstenite.

use std::fmt::Write as _;

use crate::results::{CORE, Line, Results, Unit};

/// Draws the results as an SVG, which follows whether the reader prefers a dark ground.
pub(crate) fn draw(results: &Results) -> String {
    let mut cursor = Cursor { tops: [HEAD; COLUMNS], body: String::new() };
    for (title, rows) in SECTIONS {
        let groups: Vec<Group<'_>> =
            rows.iter().filter_map(|(row, title)| Group::new(title, results.find(row)?)).collect();
        cursor.draw_section(title, &groups);
    }
    let foot = cursor.tops.into_iter().max().unwrap_or(HEAD);
    let notes = notes(results);
    let (width, height) = (COLUMNS * WIDTH, foot + (notes.len() + 1) * LINE);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" font-size=\"12\" font-family=\"system-ui, sans-serif\">\n\
         <title>{TITLE}</title>\n{STYLE}\n<rect class=\"ground\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>\n"
    );
    let place = format!("{}, {}. Shorter is better.", results.machine, results.date);
    text(&mut svg, "top", (MARGIN, 28), TITLE);
    text(&mut svg, "dim", (MARGIN, 48), &place);
    svg.push_str(&cursor.body);
    for (note, at) in notes.iter().zip(1..) {
        text(&mut svg, "dim", (MARGIN, foot + at * LINE), note);
    }
    svg.push_str("</svg>\n");
    svg
}

/// The picture so far, and the lower end of each column.
struct Cursor {
    tops: [usize; COLUMNS],
    body: String,
}

impl Cursor {
    /// Draws a section below the shortest column.
    fn draw_section(&mut self, title: &str, groups: &[Group<'_>]) {
        if groups.is_empty() {
            return;
        }
        let shortest = (0..COLUMNS).min_by_key(|&column| self.tops[column]).unwrap_or(0);
        let (left, mut top) = (shortest * WIDTH + MARGIN, self.tops[shortest]);
        text(&mut self.body, "section", (left, top + 18), title);
        top += 28;
        for group in groups {
            group.draw((left, top), &mut self.body);
            top += group.height();
        }
        self.tops[shortest] = top + GAP;
    }
}

/// A row: ours first, then the best other crate, then the best known one.
struct Group<'l> {
    title: &'l str,
    unit: Unit,
    bars: Vec<(&'l str, f64)>,
    floor: Option<f64>,
    /// Ours by that of the best other crate.
    ratio: f64,
}

impl<'l> Group<'l> {
    fn new(title: &'l str, line: &'l Line) -> Option<Self> {
        let (best, value) = line.best_peer()?;
        let mut bars = vec![(CORE, line.ours()?), (&**best, *value)];
        let known = line.cells.iter().find(|(name, _)| KNOWN.contains(&&**name) && name != best);
        bars.extend(known.map(|(name, value)| (&**name, *value)));
        let ratio = line.ratio(Some(*value))?;
        Some(Self { title, unit: line.unit, bars, floor: line.value("floor"), ratio })
    }

    fn height(&self) -> usize {
        LINE + self.bars.len() * BAR + GAP
    }

    fn draw(&self, (left, top): (usize, usize), svg: &mut String) {
        let title = format!("{}, {}", self.title, self.unit.name());
        text(svg, "title", (left, top + 12), &title);
        let (class, verdict) = verdict(self.ratio);
        let right = left + WIDTH - 2 * MARGIN;
        let _ = writeln!(
            svg,
            "<text class=\"{class}\" x=\"{right}\" y=\"{}\" text-anchor=\"end\">{verdict}</text>",
            top + 12
        );
        let bars_top = top + LINE;
        let bars = || self.bars.iter().zip(0..).map(|(bar, at)| (bar, bars_top + at * BAR));
        for (&(name, value), top) in bars() {
            draw_bar((left, top), name, self.length(value), svg);
        }
        if let Some(floor) = self.floor {
            let x = (left + NAME) as f64 + self.length(floor).pixels();
            let (y, height) = (bars_top - 1, self.bars.len() * BAR);
            let _ = writeln!(
                svg,
                "<rect class=\"floor\" x=\"{x:.1}\" y=\"{y}\" width=\"2\" height=\"{height}\"/>"
            );
        }
        for (&(name, value), top) in bars() {
            draw_value((left, top), name, value, self.length(value), svg);
        }
    }

    /// How long a bar is. One that is much longer than the two best is cut.
    fn length(&self, value: f64) -> Length {
        let longest = self.bars.iter().map(|&(_, value)| value).fold(1e-9, f64::max);
        let scale = longest.min(3.0 * self.bars[0].1.max(self.bars[1].1));
        let pixels = (LONGEST as f64 * value / scale).max(1.0);
        if pixels > LONGEST as f64 { Length::Cut } else { Length::Whole(pixels) }
    }
}

#[derive(Clone, Copy)]
enum Length {
    Whole(f64),
    Cut,
}

impl Length {
    const fn pixels(self) -> f64 {
        match self {
            Self::Whole(pixels) => pixels,
            Self::Cut => LONGEST as f64,
        }
    }
}

/// How a ratio to the best other crate is shown: a loss by its sign, too, not by its color only.
fn verdict(ratio: f64) -> (&'static str, String) {
    match ratio {
        ..LEVEL_FROM => ("win", format!("{ratio:.2} × the best other")),
        LEVEL_FROM..=LEVEL_TO => ("dim", format!("level: {ratio:.2} ×")),
        _ => ("loss", format!("▲ loss: {ratio:.2} × the best other")),
    }
}

fn draw_bar((left, top): (usize, usize), name: &str, length: Length, svg: &mut String) {
    let class = class(name);
    let (start, baseline, pixels) = (left + NAME, top + BAR - 4, length.pixels());
    let _ = writeln!(
        svg,
        "<text class=\"{class}\" x=\"{}\" y=\"{baseline}\" text-anchor=\"end\">{}</text>\
         <rect class=\"{class}\" x=\"{start}\" y=\"{top}\" width=\"{pixels:.1}\" height=\"{}\"/>",
        start - 6,
        escaped(name),
        BAR - 3,
    );
    if matches!(length, Length::Cut) {
        let (x, y) = (start as f64 + pixels - 16.0, top + BAR);
        let _ = writeln!(svg, "<path class=\"cut\" d=\"M{x:.1} {y} l6 -{BAR}\"/>");
    }
}

fn draw_value(
    (left, top): (usize, usize),
    name: &str,
    value: f64,
    length: Length,
    svg: &mut String,
) {
    let (x, y) = ((left + NAME + 6) as f64 + length.pixels(), top + BAR - 4);
    let (class, number) = (class(name), number(value));
    let _ = writeln!(svg, "<text class=\"{class} value\" x=\"{x:.1}\" y=\"{y}\">{number}</text>");
}

fn class(name: &str) -> &'static str {
    if name == CORE { "ours" } else { "peer" }
}

fn text(svg: &mut String, class: &str, (x, y): (usize, usize), words: &str) {
    let _ = writeln!(svg, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(words));
}

/// Returns the lines below the bars: the key, and the lost rows that have no bars.
fn notes(results: &Results) -> Vec<String> {
    let kernel = results.kernel;
    let mut notes = vec![
        String::from(
            "Bars: sansocket, the best other crate, and tungstenite. Bars that are cut go on.",
        ),
        String::from("Green line: the least code that does the work, which is no library."),
        format!(
            "Times in ns are in memory, plus {:.0} ns for each read and {:.0} ns for each write, as this kernel takes.",
            kernel.read, kernel.write
        ),
        String::from("µs of CPU: over loopback TCP, in two processes on a core each."),
    ];
    let lost: Vec<String> =
        results.lines.iter().filter(|line| !is_shown(line)).filter_map(loss).collect();
    if !lost.is_empty() {
        notes.push(format!("▲ {} rows that are not shown are lost, too:", lost.len()));
        notes.extend(lost.chunks(LOSSES_IN_LINE).map(|chunk| format!("    {}", chunk.join(", "))));
    }
    notes
}

fn is_shown(line: &Line) -> bool {
    SECTIONS.iter().flat_map(|(_, rows)| *rows).any(|(row, _)| line.row == *row)
}

/// A row with its ratio, if it is lost.
fn loss(line: &Line) -> Option<String> {
    let (_, value) = line.best_peer()?;
    let ratio = line.ratio(Some(*value)).filter(|ratio| *ratio > LEVEL_TO)?;
    Some(format!("{} {ratio:.2}", line.row))
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A number with a separator between thousands, and as many digits as can be read.
fn number(value: f64) -> String {
    match value {
        0.0..1.0 => format!("{value:.2}"),
        1.0..9.95 => format!("{value:.1}"),
        _ => {
            let digits = format!("{value:.0}");
            let mut text = String::new();
            for (at, digit) in digits.chars().enumerate() {
                if at > 0 && (digits.len() - at) % 3 == 0 {
                    text.push(',');
                }
                text.push(digit);
            }
            text
        }
    }
}

/// A heading, and the rows below it with what they are called.
type Section = (&'static str, &'static [(&'static str, &'static str)]);

/// The sections of the picture, with the rows of each.
const SECTIONS: [Section; 7] = [
    (
        "A server receives",
        &[
            ("receive.server.binary.128", "128 B"),
            ("receive.server.json.300", "300 B of JSON"),
            ("receive.server.mix", "many sizes, median 300 B"),
            ("receive.server.json.4K", "4 KiB of JSON"),
            ("receive.server.binary.64K", "64 KiB"),
            ("receive.server.ascii.64K", "64 KiB of text"),
        ],
    ),
    (
        "A client receives",
        &[
            ("receive.client.json.300", "300 B of JSON"),
            ("receive.client.mix", "many sizes, median 300 B"),
            ("receive.client.binary.64K", "64 KiB"),
        ],
    ),
    (
        "A server sends",
        &[
            ("send.server.300", "300 B, each a write"),
            ("send.server.300.by32", "300 B, 32 to a write"),
            ("send.server.64K", "64 KiB, copied"),
            ("send.server.64K.borrowed", "64 KiB, borrowed"),
        ],
    ),
    (
        "A client sends",
        &[
            ("send.client.300", "300 B, each a write"),
            ("send.client.300.by32", "300 B, 32 to a write"),
            ("send.client.64K", "64 KiB, copied"),
            ("send.client.64K.borrowed", "64 KiB, masked in place"),
        ],
    ),
    (
        "Openings and compression",
        &[
            ("open.server", "Accept a browser's 12 headers"),
            ("open.client", "Open a connection"),
            ("compress.1K", "Compress 1 KiB of JSON"),
            ("inflate.1K", "Inflate 1 KiB of JSON"),
        ],
    ),
    (
        "Over loopback TCP, with tokio",
        &[
            ("echo.64x16.64.cpu", "Echo 64 B, 64 connections × 16"),
            ("echo.64x16.mix.cpu", "Echo many sizes, 64 × 16"),
            ("echo.1x1.text.16K.cpu", "Echo 16 KiB of text"),
            ("oneway.1x32.64K.cpu", "Receive 64 KiB"),
        ],
    ),
    ("Memory", &[("idle.task", "An idle connection with its task")]),
];

const TITLE: &str = "sansocket beside other WebSocket crates: cost of a message";

/// The crate that most know.
const KNOWN: [&str; 2] = ["tungstenite", "tokio-tungstenite"];

/// From and to which ratio two crates cannot be told apart.
const LEVEL_FROM: f64 = 0.97;
const LEVEL_TO: f64 = 1.03;

const STYLE: &str = "<style>\
    svg{--ground:#ffffff;--ink:#1f2328;--dim:#59636e;--ours:#bc4c00;--peer:#9aa4af;--floor:#1a7f37;--loss:#cf222e}\
    @media(prefers-color-scheme:dark){svg{--ground:#0d1117;--ink:#f0f6fc;--dim:#9198a1;--ours:#f0883e;\
    --peer:#57606a;--floor:#3fb950;--loss:#ff7b72}}\
    .ground{fill:var(--ground)}text{fill:var(--dim)}.top{fill:var(--ink);font-size:17px;font-weight:600}\
    .section{fill:var(--ink);font-size:14px;font-weight:600}.title{fill:var(--ink)}\
    text.ours{fill:var(--ours);font-weight:600}rect.ours{fill:var(--ours)}rect.peer{fill:var(--peer)}\
    .win{fill:var(--floor);font-weight:600}.loss{fill:var(--loss);font-weight:600}.floor{fill:var(--floor)}\
    .value{stroke:var(--ground);stroke-width:4px;paint-order:stroke}.cut{stroke:var(--ground);stroke-width:3}</style>";

const COLUMNS: usize = 2;
const WIDTH: usize = 460;
const MARGIN: usize = 18;
/// The height of the title, above the columns.
const HEAD: usize = 62;
/// The width of names.
const NAME: usize = 118;
/// The length of the longest bar.
const LONGEST: usize = 250;
const LINE: usize = 18;
const BAR: usize = 15;
const GAP: usize = 12;
const LOSSES_IN_LINE: usize = 4;
