//! JSON, as far as a HAR file needs it (RFC 8259).

use std::str::Chars;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Literal,
    Number(f64),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Value {
    /// Parses a text.
    ///
    /// # Errors
    ///
    /// Returns an error with a position if the text is not JSON, or nested too deeply.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { rest: text.trim_start_matches('\u{feff}'), depth: 0 };
        let value = parser.value();
        match value.filter(|_| parser.skip().is_empty()) {
            Some(value) => Ok(value),
            None => Err(format!("not JSON at byte {}", text.len() - parser.rest.len())),
        }
    }

    /// Returns a member of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// Returns the text in a member of an object.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        if let Some(Self::Text(text)) = self.get(name) { Some(text) } else { None }
    }

    /// Returns the number in a member of an object.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        if let Some(Self::Number(number)) = self.get(name) { Some(*number) } else { None }
    }

    /// Returns the elements of a list in a member of an object.
    pub(crate) fn list(&self, name: &str) -> &[Self] {
        if let Some(Self::List(list)) = self.get(name) { list } else { &[] }
    }
}

/// Each method consumes what it returns from the front of `rest`, or returns `None`.
struct Parser<'t> {
    rest: &'t str,
    depth: u32,
}

impl<'t> Parser<'t> {
    fn value(&mut self) -> Option<Value> {
        match self.skip().chars().next()? {
            '"' => self.text().map(Value::Text),
            '[' => self.nested(|parser| parser.elements('[', ']', Self::value).map(Value::List)),
            '{' => self.nested(|parser| parser.elements('{', '}', Self::member).map(Value::Object)),
            '-' | '0'..='9' => self.number().map(Value::Number),
            _ => {
                let literal = ["false", "null", "true"].iter().find_map(|it| self.literal(it));
                literal.map(|()| Value::Literal)
            }
        }
    }

    /// Parses a value in a list or an object, unless too many of them surround it.
    fn nested(&mut self, parse: impl FnOnce(&mut Self) -> Option<Value>) -> Option<Value> {
        self.depth += 1;
        let value = if self.depth > MAX_DEPTH { None } else { parse(self) };
        self.depth -= 1;
        value
    }

    /// Parses elements between brackets, with commas between them.
    fn elements<E>(
        &mut self,
        open: char,
        close: char,
        element: impl Fn(&mut Self) -> Option<E>,
    ) -> Option<Vec<E>> {
        let mut elements = Vec::new();
        self.take(open)?;
        if self.take(close).is_some() {
            return Some(elements);
        }
        loop {
            elements.push(element(self)?);
            if self.take(',').is_none() {
                return self.take(close).map(|()| elements);
            }
        }
    }

    fn member(&mut self) -> Option<(String, Value)> {
        self.skip();
        let name = self.text()?;
        self.take(':')?;
        Some((name, self.value()?))
    }

    fn number(&mut self) -> Option<f64> {
        let is_part = |it: char| it.is_ascii_digit() || matches!(it, '-' | '+' | '.' | 'e' | 'E');
        let end = self.rest.find(|it| !is_part(it)).unwrap_or(self.rest.len());
        let number = self.rest[..end].parse().ok()?;
        self.rest = &self.rest[end..];
        Some(number)
    }

    fn text(&mut self) -> Option<String> {
        let mut chars = self.rest.strip_prefix('"')?.chars();
        let mut text = String::new();
        loop {
            match chars.next()? {
                '"' => {
                    self.rest = chars.as_str();
                    return Some(text);
                }
                '\\' => text.push(escaped(&mut chars)?),
                '\0'..' ' => return None,
                character => text.push(character),
            }
        }
    }

    fn literal(&mut self, literal: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(literal)?;
        Some(())
    }

    /// Takes a character of the structure, behind whitespace.
    fn take(&mut self, character: char) -> Option<()> {
        self.rest = self.skip().strip_prefix(character)?;
        Some(())
    }

    /// Skips whitespace.
    fn skip(&mut self) -> &'t str {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.rest
    }
}

/// Returns the character behind a backslash.
fn escaped(chars: &mut Chars<'_>) -> Option<char> {
    Some(match chars.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let unit = unit(chars)?;
            if !(0xd800..0xdc00).contains(&unit) {
                return Some(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            // Two surrogates are one character. One without the other becomes U+FFFD.
            let mut ahead = chars.clone();
            let low = match (ahead.next(), ahead.next()) {
                (Some('\\'), Some('u')) => self::unit(&mut ahead)?,
                _ => 0,
            };
            if !(0xdc00..0xe000).contains(&low) {
                return Some(char::REPLACEMENT_CHARACTER);
            }
            *chars = ahead;
            char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00))?
        }
        character @ ('"' | '\\' | '/') => character,
        _ => return None,
    })
}

/// Parses four hex digits.
fn unit(chars: &mut Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |unit, _| Some(unit << 4 | chars.next()?.to_digit(16)?))
}

/// How many lists and objects may surround a value.
const MAX_DEPTH: u32 = 128;
