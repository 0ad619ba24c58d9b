//! The command line.

use std::error::Error;

use sansocket::{Config, Role, server::Origins};

/// The options of the command line.
pub(crate) struct Options {
    pub(crate) output: Output,
    pub(crate) format: Option<Format>,
    /// The path of the recording. `None` means standard input.
    pub(crate) file: Option<String>,
    /// The end that receives the bytes.
    pub(crate) role: Role,
    pub(crate) chunk: usize,
    pub(crate) is_streaming: bool,
    pub(crate) config: Config,
    pub(crate) has_opening: bool,
    pub(crate) key: String,
    pub(crate) deflate: Option<String>,
}

/// The format of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    Explanation,
    Help,
    Json,
}

/// The format of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Har,
    Hex,
    Raw,
}

impl Options {
    /// Parses the arguments.
    ///
    /// # Errors
    ///
    /// Returns an error if an option is unknown, or its value is missing or wrong.
    pub(crate) fn from_arguments(
        mut arguments: impl Iterator<Item = String>,
    ) -> Result<Self, Box<dyn Error>> {
        let mut options = Self::default();
        while let Some(name) = arguments.next() {
            options.set(&name, &mut arguments)?;
        }
        Ok(options)
    }

    fn set(
        &mut self,
        name: &str,
        arguments: &mut impl Iterator<Item = String>,
    ) -> Result<(), Box<dyn Error>> {
        let mut value = || arguments.next().ok_or_else(|| format!("{name} takes a value"));
        match name {
            "--explain" => self.output = Output::Explanation,
            "--json" => self.output = Output::Json,
            "--help" | "-h" => self.output = Output::Help,
            "--from" => self.format = Some(Format::parse(&value()?)?),
            "--role" => self.role = parse_role(&value()?)?,
            "--chunk" => self.chunk = value()?.parse::<usize>()?.max(1),
            "--streaming" => self.is_streaming = true,
            "--max-message" => self.config.limits.message = value()?.parse()?,
            "--max-frame" => self.config.limits.frame = value()?.parse()?,
            "--max-fragments" => self.config.limits.fragments = value()?.parse()?,
            "--opening" => self.has_opening = true,
            "--key" => self.key = value()?,
            "--deflate" => self.deflate = Some(value()?),
            _ if name.starts_with('-') => {
                return Err(format!("no such option: {name}; --help lists all").into());
            }
            _ => self.file = Some(name.to_owned()),
        }
        Ok(())
    }

    /// Returns the format of the input: what `--from` says, or what the file's name ends with.
    pub(crate) fn format(&self) -> Format {
        let is_har = self.file.as_ref().is_some_and(|file| file.ends_with(".har"));
        self.format.unwrap_or(if is_har { Format::Har } else { Format::Raw })
    }
}

impl Default for Options {
    fn default() -> Self {
        let mut config = Config::new();
        // The origin of a recorded request proves nothing.
        config.policy.origins = Origins::any();
        Self {
            output: Output::Json,
            format: None,
            file: None,
            role: Role::Server,
            chunk: usize::MAX,
            is_streaming: false,
            config,
            has_opening: false,
            key: String::new(),
            deflate: None,
        }
    }
}

impl Format {
    fn parse(name: &str) -> Result<Self, String> {
        match name {
            "har" => Ok(Self::Har),
            "hex" => Ok(Self::Hex),
            "raw" => Ok(Self::Raw),
            _ => Err(format!("no such format: {name}")),
        }
    }
}

fn parse_role(name: &str) -> Result<Role, String> {
    match name {
        "client" => Ok(Role::Client),
        "server" => Ok(Role::Server),
        _ => Err(format!("no such role: {name}")),
    }
}

/// The text of `--help`.
pub(crate) const HELP: &str = "\
usage: inspect [OPTIONS] [FILE]

Reads a recorded WebSocket connection from FILE, or from standard input.

output
  --explain           a line for each frame and head: direction, opcode, flags, mask, length, payload, and
                      what is wrong, with the section of the RFC
  --json              a JSON object for each event that the end of --role sees (default)
  --help              this text

input
  --from raw          the bytes that the end of --role receives (default)
  --from hex          a hex dump, in one of these forms:
                        xxd, hexdump -Cv       the bytes that the end of --role receives
                        Wireshark, \"Follow TCP Stream\", shown as \"Hex Dump\"
                                               both directions; the server's lines are indented
                        tcpdump -x, -X, -xx, -XX, or Wireshark's packets \"as Hex Dump\"
                                               TCP over IPv4 or IPv6, both directions, any number of connections
                      For plain digits, use: xxd -r -p | inspect
  --from har          a HAR file with the field _webSocketMessages, as Chromium writes it (default for FILE.har);
                      it has whole messages, but neither masks nor fragments nor compressed bytes

connection
  --role server|client   the end that receives the bytes (default: server)
  --opening           the bytes start with the opening handshake; --explain finds out by itself
  --key KEY           the Sec-WebSocket-Key of the client, if only the response is there
  --deflate PARAMETERS   both ends have agreed to compress, such as with server_no_context_takeover;
                      with an opening handshake, that has the parameters (needs the feature deflate)
  --max-message BYTES, --max-frame BYTES, --max-fragments COUNT
                      the limits of the receiver
  --streaming         JSON has the parts of messages instead of whole ones
  --chunk BYTES       passes so many bytes at a time (default: all)

exit codes
  0  no violation was found
  1  the recording breaks the protocol or a limit
  2  an argument is wrong, or the input cannot be read
";
