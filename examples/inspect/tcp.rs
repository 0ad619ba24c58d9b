//! TCP: packets to the bytes of connections.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use sansocket::Role;

use super::recording::{Piece, Recording, peer};

/// A packet of a connection.
#[derive(Debug, PartialEq)]
struct Segment<'p> {
    source: SocketAddr,
    target: SocketAddr,
    sequence: u32,
    starts: bool,
    acknowledges: bool,
    payload: &'p [u8],
}

/// A connection whose packets are put in order.
struct Flow {
    client: SocketAddr,
    server: SocketAddr,
    from_client: Direction,
    from_server: Direction,
    pieces: Vec<Piece>,
}

/// One direction of a connection.
#[derive(Default)]
struct Direction {
    /// The number of the next byte, once it is known.
    next: Option<u32>,
    /// Payloads that came before others that they follow.
    early: Vec<(u32, Vec<u8>)>,
}

/// Reads the connections in these packets. Returns `None` if the first is not one of TCP.
///
/// # Errors
///
/// Returns an error if a packet is cut off, or one is missing.
pub(crate) fn read(packets: &[&[u8]]) -> Result<Option<Vec<Recording>>, String> {
    if !packets.first().is_some_and(|packet| !matches!(Packet::parse(packet), Packet::Other)) {
        return Ok(None);
    }
    let mut flows: Vec<Flow> = Vec::new();
    for (number, packet) in packets.iter().enumerate() {
        match Packet::parse(packet) {
            Packet::Other => {}
            Packet::Cut => {
                let number = number + 1;
                return Err(format!("packet {number} is cut off: capture whole ones (-s 0)"));
            }
            Packet::Tcp(segment) => {
                let known = flows.iter_mut().find(|flow| flow.has(&segment));
                match known {
                    Some(flow) => flow.add(&segment),
                    None => {
                        let mut flow = Flow::new(&segment);
                        flow.add(&segment);
                        flows.push(flow);
                    }
                }
            }
        }
    }
    flows.into_iter().map(Flow::finish).collect::<Result<_, _>>().map(Some)
}

/// The kind of a packet.
enum Packet<'p> {
    Tcp(Segment<'p>),
    /// A packet of TCP whose end was not captured.
    Cut,
    Other,
}

impl<'p> Packet<'p> {
    /// Parses a packet with or without a header of its link: none, BSD loopback, Ethernet, Linux "any".
    fn parse(packet: &'p [u8]) -> Self {
        let starts = [0, 4, 14, 16, 20];
        let mut parsed = starts.iter().filter_map(|&start| packet.get(start..).and_then(parse_ip));
        parsed.next().unwrap_or(Self::Other)
    }
}

/// Parses a packet of IP that carries TCP.
fn parse_ip(packet: &[u8]) -> Option<Packet<'_>> {
    let (addresses, header, len) = match packet.first()? >> 4 {
        4 => {
            let header = usize::from(packet[0] & 0x0f) * 4;
            let is_tcp = header >= 20 && packet.get(9) == Some(&6);
            let addresses = [ip::<4>(packet, 12)?, ip::<4>(packet, 16)?];
            is_tcp.then_some((addresses, header, usize::from(word(packet, 2)?)))?
        }
        6 => {
            let addresses = [ip::<16>(packet, 8)?, ip::<16>(packet, 24)?];
            let len = 40 + usize::from(word(packet, 4)?);
            (packet.get(6) == Some(&6)).then_some((addresses, 40, len))?
        }
        _ => return None,
    };
    if len < header + 20 {
        return None;
    }
    match packet.get(header..len) {
        Some(segment) => parse_tcp(segment, addresses).map(Packet::Tcp),
        None => Some(Packet::Cut),
    }
}

fn parse_tcp(segment: &[u8], [source, target]: [IpAddr; 2]) -> Option<Segment<'_>> {
    let flags = segment.get(13)?;
    let header = usize::from(segment[12] >> 4) * 4;
    let payload = segment.get(header..).filter(|_| header >= 20)?;
    Some(Segment {
        source: SocketAddr::new(source, word(segment, 0)?),
        target: SocketAddr::new(target, word(segment, 2)?),
        sequence: u32::from_be_bytes(*segment.get(4..)?.first_chunk()?),
        starts: flags & 0x02 != 0,
        acknowledges: flags & 0x10 != 0,
        payload,
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|word| u16::from_be_bytes(*word))
}

fn ip<const N: usize>(packet: &[u8], at: usize) -> Option<IpAddr>
where
    IpAddr: From<[u8; N]>,
{
    packet.get(at..)?.first_chunk::<N>().map(|address| IpAddr::from(*address))
}

impl Flow {
    /// Creates the connection of a packet.
    ///
    /// Its client sends the first SYN. If that is not there, it has the higher port.
    fn new(segment: &Segment<'_>) -> Self {
        let is_client = match segment.starts {
            true => !segment.acknowledges,
            false => segment.source.port() >= segment.target.port(),
        };
        let (client, server) = match is_client {
            true => (segment.source, segment.target),
            false => (segment.target, segment.source),
        };
        let [from_client, from_server] = [Direction::default(), Direction::default()];
        Self { client, server, from_client, from_server, pieces: Vec::new() }
    }

    fn has(&self, segment: &Segment<'_>) -> bool {
        let ends = (segment.source, segment.target);
        ends == (self.client, self.server) || ends == (self.server, self.client)
    }

    fn add(&mut self, segment: &Segment<'_>) {
        let (sender, direction) = match segment.source == self.client {
            true => (Role::Client, &mut self.from_client),
            false => (peer(Role::Client), &mut self.from_server),
        };
        let bytes = direction.add(segment);
        if !bytes.is_empty() {
            self.pieces.push(Piece::new(sender, bytes));
        }
    }

    fn finish(self) -> Result<Recording, String> {
        let title = self.to_string();
        if [&self.from_client, &self.from_server].iter().any(|it| !it.early.is_empty()) {
            return Err(format!("{title}: packets are missing"));
        }
        Ok(Recording { title: Some(title), pieces: self.pieces, ..Recording::default() })
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", self.client, self.server)
    }
}

impl Direction {
    /// Adds a packet. Returns the bytes that are in order now.
    fn add(&mut self, segment: &Segment<'_>) -> Vec<u8> {
        if segment.starts {
            self.next = Some(segment.sequence.wrapping_add(1));
        }
        if segment.payload.is_empty() {
            return Vec::new();
        }
        let mut next = self.next.unwrap_or(segment.sequence);
        self.early.push((segment.sequence, segment.payload.to_vec()));
        let mut bytes = Vec::new();
        while let Some(at) = self.early.iter().position(|(start, _)| !is_after(*start, next)) {
            let (start, payload) = self.early.swap_remove(at);
            // What came before is repeated.
            let known = usize::try_from(next.wrapping_sub(start)).unwrap_or(usize::MAX);
            let new = payload.get(known..).unwrap_or_default();
            bytes.extend_from_slice(new);
            next = next.wrapping_add(u32::try_from(new.len()).unwrap_or_default());
        }
        self.next = Some(next);
        bytes
    }
}

/// Returns whether the byte `start` comes after `next`, in numbers that wrap.
const fn is_after(start: u32, next: u32) -> bool {
    start != next && start.wrapping_sub(next) < 1 << 31
}
