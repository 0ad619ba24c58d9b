/// Decisions, drawn from the data of a fuzz target. Zeros once it is used up.
#[derive(Debug)]
pub(crate) struct Choices<'d> {
    data: &'d [u8],
}

impl<'d> Choices<'d> {
    pub(crate) const fn new(data: &'d [u8]) -> Self {
        Self { data }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((&byte, rest)) = self.data.split_first() else { return 0 };
        self.data = rest;
        byte
    }

    /// A number less than `count`, which is at most 256.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count
    }

    /// Once in `count` times.
    pub(crate) fn once_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    pub(crate) fn number(&mut self) -> usize {
        usize::from(self.byte()) << 8 | usize::from(self.byte())
    }

    /// A length of up to 70,000, mostly small, and often where the encoding of lengths changes.
    pub(crate) fn len(&mut self) -> usize {
        match self.byte() {
            len @ 0..=159 => usize::from(len % 20),
            160..=199 => 120 + self.below(12),
            200..=239 => self.below(256),
            240..=249 => self.number() % 1000,
            250..=253 => 65_530 + self.below(12),
            254.. => 66_000 + self.number() % 4000,
        }
    }

    /// The next `count` bytes, or as many as there are.
    pub(crate) fn take(&mut self, count: usize) -> &'d [u8] {
        let (taken, rest) = self.data.split_at(count.min(self.data.len()));
        self.data = rest;
        taken
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'d [u8] {
        self.take(usize::MAX)
    }
}
