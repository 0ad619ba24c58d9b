//! The results as a picture: a panel for each of some rows, a bar for each peer.

use std::fmt::Write as _;

use crate::results::{Line, Results, Unit, is_peer};

/// Draws the results as an SVG, in colors that can be read on a light ground and on a dark one.
pub(crate) fn draw(results: &Results) -> String {
    let panels: Vec<Panel<'_>> =
        PANELS.iter().filter_map(|(row, title)| Panel::new(title, results.find(row)?)).collect();
    let heights: Vec<usize> = panels.chunks(COLUMNS).map(height_of_row).collect();
    let (width, bottom) = (COLUMNS * PANEL_WIDTH, heights.iter().sum::<usize>());
    let height = bottom + LEGEND.len() * BAR;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" font-size=\"12\" \
         font-family=\"system-ui, sans-serif\">\n<title>{TITLE}</title>\n{STYLE}\n"
    );
    let mut top = 0;
    for (panels, height) in panels.chunks(COLUMNS).zip(heights) {
        for (column, panel) in panels.iter().enumerate() {
            panel.draw(column * PANEL_WIDTH, top, &mut svg);
        }
        top += height;
    }
    for (at, line) in LEGEND.iter().enumerate() {
        let baseline = bottom + (at + 1) * BAR - 6;
        let _ = writeln!(svg, "<text class=\"unit\" x=\"8\" y=\"{baseline}\">{line}</text>");
    }
    svg.push_str("</svg>\n");
    svg
}

/// A row of the table, best first.
struct Panel<'l> {
    title: &'l str,
    unit: Unit,
    bars: Vec<(&'l str, f64)>,
    floor: Option<f64>,
}

impl<'l> Panel<'l> {
    /// A panel of everybody in a line; of ours, only what is to be compared with the others.
    fn new(title: &'l str, line: &'l Line) -> Option<Self> {
        let others = line.cells.iter().filter(|(name, _)| is_peer(name));
        let mut bars: Vec<_> = others.map(|(name, value)| (&**name, *value)).collect();
        bars.push((OURS, line.ours()?));
        bars.sort_by(|a, b| a.1.total_cmp(&b.1));
        if line.unit == Unit::Messages {
            bars.reverse();
        }
        Some(Self { title, unit: line.unit, bars, floor: line.value("floor") })
    }

    fn height(&self) -> usize {
        HEAD + self.bars.len() * BAR + GAP
    }

    fn draw(&self, left: usize, top: usize, svg: &mut String) {
        let (title, unit) = (self.title, self.unit.name());
        let _ = writeln!(
            svg,
            "<g transform=\"translate({left} {top})\">\n<text class=\"title\" x=\"8\" y=\"20\">{title}\
             <tspan class=\"unit\" dx=\"6\">{unit}</tspan></text>"
        );
        let most = self.bars.iter().map(|&(_, value)| value).fold(1e-9, f64::max);
        // So long that the best can still be told apart, the longest are cut off.
        let median = self.bars[self.bars.len() / 2].1;
        let most = most.min(median * 4.0);
        if let Some(floor) = self.floor {
            let x = LABEL as f64 + LENGTH as f64 * (floor / most).min(1.0);
            let (y, height) = (HEAD - 3, self.bars.len() * BAR + 2);
            let _ = writeln!(
                svg,
                "<rect class=\"floor\" x=\"{x:.1}\" y=\"{y}\" width=\"1.5\" height=\"{height}\"/>"
            );
        }
        for (at, &(name, value)) in self.bars.iter().enumerate() {
            draw_bar(HEAD + at * BAR, name, value, most, svg);
        }
        svg.push_str("</g>\n");
    }
}

fn draw_bar(top: usize, name: &str, value: f64, most: f64, svg: &mut String) {
    let class = if name == OURS { "ours" } else { "peer" };
    let is_cut = value > most;
    let length = (LENGTH as f64 * (value / most).min(1.0)).max(1.0);
    let (baseline, end) = (top + BAR - 6, LABEL as f64 + length);
    let number = number(value);
    let _ = writeln!(
        svg,
        "<text class=\"{class}\" x=\"{}\" y=\"{baseline}\" text-anchor=\"end\">{name}</text>\
         <rect class=\"{class}\" x=\"{LABEL}\" y=\"{top}\" width=\"{length:.1}\" height=\"{}\"/>",
        LABEL - 6,
        BAR - 4,
    );
    if is_cut {
        let _ = writeln!(
            svg,
            "<path class=\"cut\" d=\"M{:.1} {} l6 -{}\"/>",
            end - 14.0,
            top + BAR - 2,
            BAR,
        );
    }
    let _ = writeln!(
        svg,
        "<text class=\"{class}\" x=\"{:.1}\" y=\"{baseline}\">{number}</text>",
        end + 5.0
    );
}

fn height_of_row(panels: &[Panel<'_>]) -> usize {
    panels.iter().map(Panel::height).max().unwrap_or(0)
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

/// What is shown, and what it is called.
const PANELS: [(&str, &str); 8] = [
    ("receive.server.binary.128", "Receive 128 bytes, masked"),
    ("receive.server.ascii.64K", "Receive 64 KiB of text, masked"),
    ("send.server.128.by32", "Send 128 bytes, 32 to a write"),
    ("send.client.1K", "Send 1 KiB, masked"),
    ("open.server", "Accept a browser's request"),
    ("echo.64x16.64.cpu", "Echo over TCP, 64 connections × 16 in flight"),
    ("inflate.1K", "Inflate 1 KiB of JSON"),
    ("idle.task", "Idle connection: task, future and heap"),
];

const TITLE: &str = "What sansocket and others take for a message: less is better";

const LEGEND: [&str; 2] = [
    "Less is better. Bars that are cut go on. The green line is about the least code that does the work.",
    "-fed: an echo loop that flushes by hand, when nothing more has come.",
];

/// Of middling lightness, so that everything shows on white and on black.
const STYLE: &str = "<style>\
    text{fill:#7d8590}.title{font-weight:600;font-size:13px}.unit{font-weight:400;font-size:11px}\
    text.ours{fill:#d9822b;font-weight:600}rect.ours{fill:#d9822b}rect.peer{fill:#7d8590;\
    fill-opacity:.55}.floor{fill:#2da44e}.cut{stroke:#7d8590;stroke-width:2}</style>";

const OURS: &str = "sansocket";

const COLUMNS: usize = 2;
const PANEL_WIDTH: usize = 440;
/// The width of names.
const LABEL: usize = 130;
/// The width of the longest bar.
const LENGTH: usize = 240;
const HEAD: usize = 32;
const BAR: usize = 18;
const GAP: usize = 14;
