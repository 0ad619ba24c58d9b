//! What messages hold, always the same.

use fastrand::Rng;

/// What kind of bytes a message is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Random bytes.
    Binary,
    /// Text of one byte for each character.
    Ascii,
    /// Text whose characters take one to four bytes, without an order that could be foreseen.
    Multibyte,
    /// Text that compresses as data do.
    Json,
    /// The same text, in messages of [many sizes](crate::mix).
    Mix,
}

impl Content {
    /// Whether it goes as text.
    pub const fn is_text(self) -> bool {
        !matches!(self, Self::Binary)
    }

    /// A payload of so many bytes.
    pub fn make(self, size: usize) -> Vec<u8> {
        let mut random = Rng::with_seed(42);
        match self {
            Self::Binary => (0..size).map(|_| random.u8(..)).collect(),
            Self::Ascii => (0..size).map(|_| random.u8(0x20..0x7f)).collect(),
            Self::Multibyte => multibyte(size, random).into_bytes(),
            Self::Json | Self::Mix => json(size, random).into_bytes(),
        }
    }
}

/// Keeps bytes to the end of the process.
pub fn keep(bytes: Vec<u8>) -> &'static [u8] {
    bytes.leak()
}

/// Keeps bytes to the end of the process, so many bytes behind the begin of a page.
///
/// Some processors copy much slower if source and destination lie almost alike in their pages. So whoever measures
/// tries several places, and no library is lucky by chance.
pub fn keep_at(offset: usize, bytes: &[u8]) -> &'static mut [u8] {
    let room = vec![0; bytes.len() + 2 * PAGE].leak();
    let start = room.as_ptr().align_offset(PAGE) + offset % PAGE;
    let place = &mut room[start..start + bytes.len()];
    place.copy_from_slice(bytes);
    place
}

/// The bytes of a page.
pub const PAGE: usize = 4096;

fn multibyte(size: usize, mut random: Rng) -> String {
    let mut text = String::new();
    while text.len() < size {
        let character = match random.u8(0..10) {
            0..=2 => random.char(' '..='~'),
            3..=6 => random.char('А'..='я'),
            7..=8 => random.char('一'..='龠'),
            _ => random.char('😀'..='🙏'),
        };
        let fits = text.len() + character.len_utf8() <= size;
        text.push(if fits { character } else { 'x' });
    }
    text
}

fn json(size: usize, mut random: Rng) -> String {
    let mut text = String::from("[");
    for id in 100_000.. {
        if text.len() >= size {
            break;
        }
        let user = random.u32(0..5000);
        let event = random.choice(["trade", "quote", "cancel", "amend"]).unwrap_or_default();
        let (price, cents) = (random.u32(10..9000), random.u32(0..100));
        let (quantity, time) =
            (random.u32(1..500), random.u64(1_700_000_000_000..1_800_000_000_000));
        let tag = random.choice(["alpha", "beta", "gamma", "delta"]).unwrap_or_default();
        let place = random.choice(["north", "south", "east", "west"]).unwrap_or_default();
        let is_active = random.bool();
        text += &format!(
            r#"{{"id":{id},"user":"user_{user:04}","event":"{event}","price":{price}.{cents:02},"#
        );
        text += &format!(
            r#""quantity":{quantity},"time":{time},"tags":["{tag}","{place}"],"active":{is_active}}},"#
        );
    }
    text.truncate(size);
    text
}
