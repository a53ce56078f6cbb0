//! A mapping with its rules, line by line, as the page and the API show and take it.

use domain::profile::{ColumnRule, Empty, Handling, Mapping, Origin, RuleName, Target};
use engine::profile_send::SendSettings;

use crate::form::Wrongs;
use crate::mask::{self, Mask};

/// One target of a mapping: what fills it, and by which rule.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    pub(crate) target: String,
    pub(crate) origin: String,
    pub(crate) value: String,
    pub(crate) rule: String,
    pub(crate) handling: String,
    pub(crate) empty: String,
    pub(crate) required: bool,
}

impl Mask for Line {
    /// A constant may be somebody's, and so may the text around a template's columns.
    fn mask(&mut self) {
        if self.origin != "column" {
            self.value = mask::text(&self.value).into_owned();
        }
    }
}

/// Who sees a text masked and leaves it so has not changed it.
pub(crate) fn keep_hidden(lines: &mut [Line], stored: &[Line]) {
    for line in lines {
        let before = stored.iter().find(|one| one.target == line.target);
        if let Some(before) = before
            && before.origin == line.origin
            && mask::text(&before.value) == line.value
        {
            line.value.clone_from(&before.value);
        }
    }
}

/// The lines of what is stored.
pub(crate) fn lines_of(settings: &SendSettings) -> Vec<Line> {
    let (entries, rules) = (&settings.mapping.entries, &settings.rules.columns);
    let mut targets: Vec<&Target> = entries.keys().chain(rules.keys()).collect();
    targets.sort();
    targets.dedup();
    let line = |target: &Target| {
        let (origin, value) = match entries.get(target) {
            None => ("", ""),
            Some(Origin::Column(column)) => ("column", column.as_str()),
            Some(Origin::Constant(text)) => ("constant", text.as_str()),
            Some(Origin::Template(text)) => ("template", text.as_str()),
        };
        let rule = rules.get(target).cloned().unwrap_or_default();
        Line {
            target: target.to_string(),
            origin: origin.to_owned(),
            value: value.to_owned(),
            rule: rule.rule.map_or("", RuleName::as_str).to_owned(),
            handling: rule.handling.as_str().to_owned(),
            empty: rule.empty.as_str().to_owned(),
            required: rule.required,
        }
    };
    targets.into_iter().map(line).collect()
}

/// The settings with the mapping and the rules that were typed.
pub(crate) fn over(
    mut settings: SendSettings,
    by_name: bool,
    lines: &[Line],
) -> Result<SendSettings, Wrongs> {
    let mut mapping = Mapping {
        by_name,
        ..Mapping::default()
    };
    settings.rules.columns.clear();
    for line in lines {
        let name = &line.target;
        let refuse = |sentence: String| Err(Wrongs::whole(sentence));
        let Some(target) = Target::parse(name) else {
            return refuse(format!(
                "{name:?} is neither an attribute of a Zendesk user nor a custom field. Write user_fields. and the key for a custom field. Nothing was saved."
            ));
        };
        let value = line.value.clone();
        let origin = match (line.origin.as_str(), value.is_empty()) {
            ("", _) => None,
            ("column" | "template", true) => {
                return refuse(format!(
                    "Say what {name} is filled from. Nothing was saved."
                ));
            }
            ("column", false) => Some(Origin::Column(value)),
            ("constant", _) => Some(Origin::Constant(value)),
            ("template", false) => Some(Origin::Template(value)),
            _ => return refuse(format!("Choose what {name} is filled from.")),
        };
        if mapping.entries.contains_key(&target) || settings.rules.columns.contains_key(&target) {
            return refuse(format!(
                "{name} is there twice. Keep one. Nothing was saved."
            ));
        }
        let rule = ColumnRule {
            rule: RuleName::parse(&line.rule),
            handling: Handling::parse(&line.handling).unwrap_or_default(),
            empty: Empty::parse(&line.empty).unwrap_or_default(),
            required: line.required,
        };
        if rule != ColumnRule::default() || origin.is_none() {
            settings.rules.columns.insert(target.clone(), rule);
        }
        if let Some(origin) = origin {
            mapping.entries.insert(target, origin);
        }
    }
    settings.mapping = mapping;
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(all: &[(&str, &str, &str)]) -> Vec<Line> {
        let line = |(target, origin, value): &(&str, &str, &str)| Line {
            target: (*target).to_owned(),
            origin: (*origin).to_owned(),
            value: (*value).to_owned(),
            ..Line::default()
        };
        all.iter().map(line).collect()
    }

    #[test]
    fn what_is_typed_becomes_the_mapping_and_comes_back_as_it_was() {
        let typed = lines(&[
            ("external_id", "column", "id"),
            ("user_fields.plan", "constant", "gold"),
            ("name", "template", "{{ first }} {{ last }}"),
        ]);
        let settings = over(SendSettings::default(), false, &typed).unwrap();
        assert_eq!(settings.mapping.entries.len(), 3);
        assert_eq!(settings.rules, SendSettings::default().rules);
        let lines = lines_of(&settings);
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0].target, "external_id");
        assert_eq!(lines[0].value, "id");
    }

    #[test]
    fn an_unknown_target_and_a_doubled_one_are_refused() {
        for (all, said) in [
            (&[("shoe_size", "column", "x")][..], "neither an attribute"),
            (
                &[("name", "column", "a"), ("name", "column", "b")][..],
                "there twice",
            ),
            (&[("name", "column", "")][..], "filled from"),
        ] {
            let wrongs = over(SendSettings::default(), false, &lines(all)).unwrap_err();
            let sentence = wrongs.summary().unwrap();
            assert!(sentence.contains(said), "{sentence}");
        }
    }
}
