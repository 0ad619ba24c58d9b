//! JSON, indented.

use super::json::Value;

/// Returns a JSON text with a line for each element, or `None` if the text is no list and no object.
///
/// Numbers, strings and the order of members stay as they are.
pub(crate) fn indent(text: &str) -> Option<String> {
    let is_nested = text.trim_start().starts_with(['[', '{']);
    if !is_nested || Value::parse(text).is_err() {
        return None;
    }
    let mut output = Output::default();
    let (mut is_in_string, mut is_escaped) = (false, false);
    for character in text.trim_start_matches('\u{feff}').chars() {
        match (is_in_string, character) {
            (true, _) => {
                output.text.push(character);
                is_in_string = is_escaped || character != '"';
                is_escaped = !is_escaped && character == '\\';
            }
            (false, ' ' | '\t' | '\r' | '\n') => {}
            (false, _) => {
                output.push(character);
                is_in_string = character == '"';
            }
        }
    }
    Some(output.text)
}

#[derive(Default)]
struct Output {
    text: String,
    depth: usize,
    /// Whether a bracket was opened just now.
    is_opening: bool,
}

impl Output {
    /// Adds a character that is not in a string, and is no whitespace.
    fn push(&mut self, character: char) {
        let was_opening = std::mem::take(&mut self.is_opening);
        match character {
            ']' | '}' => {
                self.depth -= 1;
                if !was_opening {
                    self.break_line();
                }
                return self.text.push(character);
            }
            _ if was_opening => self.break_line(),
            _ => {}
        }
        self.text.push(character);
        match character {
            '[' | '{' => {
                self.depth += 1;
                self.is_opening = true;
            }
            ',' => self.break_line(),
            ':' => self.text.push(' '),
            _ => {}
        }
    }

    fn break_line(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }
}
