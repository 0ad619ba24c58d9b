//! A parser in a snapshot.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::super::assembly::Assembly;
use super::super::control::Control;
use super::{Delivery, Direct, Parser, Reading};
use crate::deflate::Inflation;
use crate::wire::snapshot::{Loader, Saver, SnapshotError, check};
use crate::wire::{Decoder, Kind, Limits, Role};

impl Parser {
    /// Whether a compressed message is in progress. The state of its decompressor cannot be saved.
    pub(crate) fn is_decompressing(&self) -> bool {
        self.decoder.is_compressing() || self.is_behind()
    }

    /// Saves a parser that has used up its input.
    pub(crate) fn save(&self, out: &mut Saver<'_>) {
        out.flag(self.is_streaming);
        out.flag(self.is_auto_pong);
        out.option(self.inflation.as_ref(), |out, inflation| inflation.save(out));
        out.byte(match self.delivery {
            Delivery::Whole => 0,
            Delivery::Parts => 1,
            Delivery::Discarded => 2,
        });
        self.decoder.save(out);
        self.assembly.save(out);
        out.option(self.control.as_ref(), |out, control| out.bytes([control.as_bytes()]));
    }

    pub(crate) fn load(
        from: &mut Loader<'_>,
        role: Role,
        limits: Limits,
    ) -> Result<Self, SnapshotError> {
        let (is_streaming, is_auto_pong) = (from.flag()?, from.flag()?);
        let inflation = from.option(Inflation::load)?;
        let delivery = match from.at_most(2)? {
            0 => Delivery::Whole,
            1 => Delivery::Parts,
            _ => Delivery::Discarded,
        };
        let decoder = Decoder::load(from, role, limits, inflation.is_some())?;
        let assembly = load_assembly(from, delivery, &decoder)?;
        let control = from.option(|from| load_control(from, &decoder))?;
        let (reading, direct) = (Reading::Open, Direct::No);
        let parser = Self {
            decoder,
            assembly,
            delivery,
            control,
            inflation,
            reading,
            direct,
            is_streaming,
            is_auto_pong,
        };
        check(parser.control.is_some() == parser.has_begun_control())?;
        Ok(parser)
    }

    /// Whether the first bytes of a control frame have come, but not all of it.
    fn has_begun_control(&self) -> bool {
        matches!(self.decoder.control(), Some((_, false)))
    }
}

/// Loads what has come of the message in progress.
fn load_assembly(
    from: &mut Loader<'_>,
    delivery: Delivery,
    decoder: &Decoder,
) -> Result<Assembly, SnapshotError> {
    let (bytes, mut assembly) = (from.bytes()?, Assembly::default());
    let kind = decoder.kind();
    if delivery == Delivery::Whole {
        check(decoder.can_have_received(bytes.len() as u64))?;
        if let Some(kind) = kind {
            assembly.start(kind, Vec::new());
            let pushed = assembly.push(bytes, decoder.max_message());
            pushed.map_err(|_| SnapshotError::Malformed)?;
        }
        return Ok(assembly);
    }
    // Of a message that is not kept, only the start of a character is.
    check(bytes.is_empty() || kind == Some(Kind::Text))?;
    check(
        assembly.validate(Kind::Text, bytes).is_ok() && assembly.as_bytes().len() == bytes.len(),
    )?;
    Ok(assembly)
}

fn load_control(from: &mut Loader<'_>, decoder: &Decoder) -> Result<Box<Control>, SnapshotError> {
    let (bytes, mut control) = (from.bytes()?, Box::new(Control::new()));
    control.push(bytes).ok_or(SnapshotError::Malformed)?;
    // Section 5.5: the whole frame has at most 125 bytes.
    let len = bytes.len() as u64 + decoder.frame_remaining();
    check(!bytes.is_empty() && len <= 125)?;
    Ok(control)
}
