//! The command line.

use std::net::SocketAddr;
use std::time::Duration;

use super::{Failure, random};

const HELP: &str = "\
rooms: chat and presence, by one process or by several

  --listen ADDRESS:PORT  where to listen; default: 127.0.0.1:8080
  --name NAME            the name of this node, unlike those of all others; default: random
  --redis URL            the Redis that joins the nodes, such as redis://127.0.0.1/; default: one process, without
  --keep MESSAGES        how many messages of a room are kept for those who come later; default: 500
  --backlog BYTES        how far a client may lag behind before it is disconnected; default: 1048576
  --ttl SECONDS          after how long a node that says nothing more is taken for dead; default: 6
";

/// The settings of a node.
pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    pub(crate) name: String,
    #[cfg(feature = "redis")]
    pub(crate) redis: Option<String>,
    pub(crate) keep: usize,
    pub(crate) backlog: usize,
    pub(crate) ttl: Duration,
}

impl Options {
    /// Reads the arguments. `--help` prints them, and ends the program.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut options = Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            name: format!("node-{}", &random()[..4]),
            #[cfg(feature = "redis")]
            redis: None,
            keep: 500,
            backlog: 1 << 20,
            ttl: Duration::from_secs(6),
        };
        while let Some(name) = arguments.next() {
            if name == "--help" {
                print!("{HELP}");
                std::process::exit(0);
            }
            let value = arguments.next().ok_or_else(|| format!("{name} takes a value"))?;
            options.set(&name, value)?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), Failure> {
        match name {
            "--listen" => self.listen = value.parse()?,
            "--name" if is_node_name(&value) => self.name = value,
            "--name" => return Err("a node has a name of letters, digits and hyphens".into()),
            #[cfg(feature = "redis")]
            "--redis" => self.redis = Some(value),
            #[cfg(not(feature = "redis"))]
            "--redis" => return Err("--redis needs the feature `redis`".into()),
            "--keep" => self.keep = value.parse::<usize>()?.max(1),
            "--backlog" => self.backlog = value.parse()?,
            "--ttl" => self.ttl = Duration::from_secs_f64(value.parse::<f64>()?.clamp(0.3, 3600.0)),
            _ => return Err(format!("no such option: {name} (--help lists them)").into()),
        }
        Ok(())
    }
}

fn is_node_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=40).contains(&name.len()) && name.bytes().all(is_plain)
}
