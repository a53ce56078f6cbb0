//! Forms: how they are read, and what is wrong with them, field by field.
//!
//! A form's fields are a struct that derives `Deserialize` with `deny_unknown_fields`: what a page does
//! not ask for is never taken (security-and-operations.md 1, *Mass assignment*).

use axum::extract::{FromRequest, Request};
use axum_extra::extract::Form as Plain;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::problem::{Problem, is_refusal};

/// The fields of a form.
pub(crate) struct Form<T>(pub(crate) T);

impl<T, S> FromRequest<S> for Form<T>
where
    T: DeserializeOwned + 'static,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Plain::<T>::from_request(request, state).await {
            Ok(Plain(fields)) => Ok(Self(fields)),
            Err(rejection) => Err(Problem::unreadable(rejection.status())),
        }
    }
}

/// A secret as it comes from a form: it goes straight to where it cannot be printed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "String")]
pub(crate) struct SecretText(pub(crate) SecretString);

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// A tick box: it is sent if it is ticked, whatever it is called inside.
pub(crate) fn ticked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    String::deserialize(deserializer).map(|word| !word.is_empty())
}

/// What is wrong with a form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wrongs {
    whole: Option<String>,
    fields: Vec<(&'static str, String)>,
}

impl Wrongs {
    /// Something that is no single field's fault.
    pub(crate) fn whole(sentence: impl Into<String>) -> Self {
        Self {
            whole: Some(sentence.into()),
            fields: Vec::new(),
        }
    }

    /// Something wrong with one field, by the name it has in the form.
    pub(crate) fn field(name: &'static str, sentence: impl Into<String>) -> Self {
        let mut wrongs = Self::default();
        wrongs.add(name, sentence);
        wrongs
    }

    /// Notes what is wrong with a field. The first sentence about it stays.
    pub(crate) fn add(&mut self, name: &'static str, sentence: impl Into<String>) {
        if self.of(name).is_none() {
            self.fields.push((name, sentence.into()));
        }
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.whole.is_none() && self.fields.is_empty()
    }

    /// What is wrong with the field of this name.
    pub(crate) fn of(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| *known == name);
        found.map(|(_, sentence)| sentence.as_str())
    }

    /// What is wrong with the first field, by the name it has in the form.
    pub(crate) fn first(&self) -> Option<(&'static str, &str)> {
        let (name, sentence) = self.fields.first()?;
        Some((name, sentence))
    }

    /// The same under the names that a body has for some of the fields.
    pub(crate) fn renamed(mut self, names: &[(&str, &'static str)]) -> Self {
        for (field, _) in &mut self.fields {
            if let Some((_, name)) = names.iter().find(|(known, _)| known == field) {
                *field = name;
            }
        }
        self
    }

    /// All that is wrong, as one text: a program has no marks beside its fields.
    pub(crate) fn sentence(&self) -> String {
        let fields = self.fields.iter().map(|(_, sentence)| sentence.as_str());
        let all: Vec<&str> = self.whole.as_deref().into_iter().chain(fields).collect();
        all.join(" ")
    }

    /// The fields with what is wrong with each.
    pub(crate) fn into_fields(self) -> impl Iterator<Item = (&'static str, String)> {
        self.fields.into_iter()
    }

    /// What stands above the form.
    pub(crate) fn summary(&self) -> Option<String> {
        match (&self.whole, self.fields.len()) {
            (Some(sentence), _) => Some(sentence.clone()),
            (None, 0) => None,
            (None, 1) => Some("Nothing was saved: look at the field marked below.".to_owned()),
            (None, several) => Some(format!(
                "Nothing was saved: look at the {several} fields marked below."
            )),
        }
    }
}

impl Wrongs {
    /// What is wrong with a form that the engine refused with a sentence of its own.
    ///
    /// # Errors
    /// The [`Problem`], if it was no refusal.
    pub(crate) fn refusal(error: impl Into<engine::Error>) -> Result<Self, Problem> {
        let error = error.into();
        if let engine::Error::Field { field, sentence } = error {
            return Ok(Self::field(field, sentence));
        }
        if is_refusal(&error) {
            return Ok(Self::whole(error.to_string()));
        }
        Err(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_by_field_and_summed_up_above_the_form() {
        let mut wrongs = Wrongs::default();
        assert!(wrongs.is_empty());
        assert_eq!(wrongs.summary(), None);
        wrongs.add("name", "Enter a name.");
        wrongs.add("name", "Shorter.");
        assert_eq!(wrongs.of("name"), Some("Enter a name."));
        assert_eq!(wrongs.of("url"), None);
        wrongs.add("url", "Enter an address.");
        assert!(wrongs.summary().unwrap().contains("2 fields"));
        assert_eq!(Wrongs::whole("No.").summary().unwrap(), "No.");
        assert_eq!(wrongs.sentence(), "Enter a name. Enter an address.");
        let renamed: Vec<_> = wrongs
            .renamed(&[("url", "address")])
            .into_fields()
            .collect();
        assert_eq!(renamed[1], ("address", "Enter an address.".to_owned()));
    }
}
