//! The options of a dropdown or multiselect field, ready to be looked up.

use std::collections::HashMap;

use crate::profile::field::FieldOption;

/// Options by their values and names.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    values: Vec<String>,
    /// Value or name, exactly as it is in Zendesk. A value goes before a name.
    exact: HashMap<String, usize>,
    /// The same in lower case; where two options differ by case only, neither is found here.
    lower: HashMap<String, Option<usize>>,
}

impl Options {
    /// These options.
    pub(crate) fn new(options: &[FieldOption]) -> Self {
        let mut exact = HashMap::new();
        let mut lower = HashMap::new();
        let values: Vec<&str> = options.iter().map(|option| option.value.trim()).collect();
        let names: Vec<&str> = options.iter().map(|option| option.name.trim()).collect();
        // All values first, so that a name never takes a value's place.
        for words in [values, names] {
            let mut found: HashMap<String, Option<usize>> = HashMap::new();
            for (place, word) in words.into_iter().enumerate() {
                exact.entry(word.to_owned()).or_insert(place);
                found
                    .entry(word.to_lowercase())
                    .and_modify(|found| *found = None)
                    .or_insert(Some(place));
            }
            for (word, place) in found {
                lower.entry(word).or_insert(place);
            }
        }
        Self {
            values: options.iter().map(|option| option.value.clone()).collect(),
            exact,
            lower,
        }
    }

    /// The stored value of the option with this value or else this name; exactly, or else whatever
    /// its case. The buffer is used for the lower case and left in any state.
    pub(crate) fn find(&self, word: &str, buffer: &mut String) -> Option<&str> {
        let place = match self.exact.get(word) {
            Some(place) => *place,
            None => {
                buffer.clear();
                if word.is_ascii() {
                    buffer.push_str(word);
                    buffer.make_ascii_lowercase();
                } else {
                    buffer.push_str(&word.to_lowercase());
                }
                self.lower.get(buffer.as_str()).copied().flatten()?
            }
        };
        self.values.get(place).map(String::as_str)
    }
}
