//! What every rule does with good and with bad data, through the same door as a run.

mod answers;
mod keys;
mod plans;
mod properties;
mod results;
mod rows;
mod templates;
mod values;

use super::*;

/// A source, what is made of it and how.
struct Setting {
    columns: Vec<Column>,
    mapping: Mapping,
    rules: Rules,
    fields: Vec<UserField>,
}

impl Setting {
    /// Columns of text by these names.
    fn of(names: &[&str]) -> Self {
        Self {
            columns: names
                .iter()
                .map(|name| Column::new(*name, ColumnKind::Text))
                .collect(),
            mapping: Mapping::by_name(),
            rules: Rules::default(),
            fields: Vec::new(),
        }
    }

    fn with_field(mut self, field: UserField) -> Self {
        self.fields.push(field);
        self
    }

    fn with_rule(mut self, target: &str, rule: ColumnRule) -> Self {
        let target = Target::parse(target).expect("a target");
        self.rules.columns.insert(target, rule);
        self
    }

    fn with_entry(mut self, target: &str, origin: Origin) -> Self {
        let target = Target::parse(target).expect("a target");
        self.mapping.entries.insert(target, origin);
        self
    }

    fn plan(&self) -> Result<Checker, Vec<Problem>> {
        Checker::plan(&self.columns, &self.mapping, &self.rules, &self.fields)
    }

    /// The codes of the problems that a plan is refused for.
    fn problems(&self) -> Vec<(ProblemCode, String)> {
        self.plan()
            .err()
            .into_iter()
            .flatten()
            .filter(|problem| problem.code.stops())
            .map(|problem| (problem.code, problem.field))
            .collect()
    }

    /// What a row becomes: the JSON and what was done to fields, or the reason of its rejection.
    fn check(&self, row: &[Option<&str>]) -> Result<(String, Vec<String>), (RowCode, String)> {
        let checker = self
            .plan()
            .unwrap_or_else(|problems| panic!("{problems:?}"));
        let mut profile = Profile::new();
        match checker.check(row, &mut profile) {
            Verdict::Ready => Ok((
                String::from_utf8(profile.json().to_vec()).expect("JSON is text"),
                profile
                    .notes()
                    .iter()
                    .map(|note| match note.done {
                        Done::Fixed => format!("{} fixed", checker.field(*note)),
                        Done::Dropped(code) => format!("{} {code}", checker.field(*note)),
                    })
                    .collect(),
            )),
            Verdict::Rejected(rejection) => Err((rejection.code, rejection.field.to_owned())),
        }
    }
}

/// What becomes of one value of one target, in a row that is fine otherwise.
struct One {
    setting: Setting,
}

impl One {
    /// A target without settings of its own.
    fn of(target: &str) -> Self {
        Self {
            setting: Setting::of(&["external_id", "name", target]),
        }
    }

    /// A custom field.
    fn field(field: UserField) -> Self {
        let target = format!("user_fields.{}", field.key);
        Self {
            setting: Setting::of(&["external_id", "name", &target]).with_field(field),
        }
    }

    fn kind(mut self, kind: ColumnKind) -> Self {
        if let Some(column) = self.setting.columns.last_mut() {
            column.kind = kind;
        }
        self
    }

    fn rule(mut self, rule: ColumnRule) -> Self {
        let target = self.setting.columns.last().expect("a column").name.clone();
        self.setting = self.setting.with_rule(&target, rule);
        self
    }

    fn handling(self, handling: Handling) -> Self {
        self.rule(ColumnRule {
            handling,
            ..ColumnRule::default()
        })
    }

    /// The value that is sent, as JSON; or the code under which it was left out or the row rejected.
    fn becomes(&self, value: &str) -> String {
        let target = &self.setting.columns.last().expect("a column").name;
        match self.setting.check(&[Some("1"), Some("Kim"), Some(value)]) {
            Ok((json, notes)) => {
                let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
                let sent = match target.strip_prefix("user_fields.") {
                    Some(key) => json.get("user_fields").and_then(|fields| fields.get(key)),
                    None => json.get(target),
                };
                match sent {
                    Some(sent) => sent.to_string(),
                    None => notes
                        .first()
                        .and_then(|note| note.split(' ').nth(1))
                        .unwrap_or("left alone")
                        .to_owned(),
                }
            }
            Err((code, _)) => format!("rejected {code}"),
        }
    }

    fn assert(&self, wanted: &[(&str, &str)]) {
        for (value, becomes) in wanted {
            assert_eq!(self.becomes(value), *becomes, "of {value:?}");
        }
    }
}
