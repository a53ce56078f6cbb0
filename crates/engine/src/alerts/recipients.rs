//! Who is mailed of one orchestration's alerts, beside those of the installation.

use notify::mail;
use store::orchestrations::Orchestration;

use crate::engine::Engine;
use crate::profile_send::SendSettings;

/// The most people that one orchestration adds.
const MOST: usize = 20;

/// The addresses that somebody typed, with commas, semicolons or line ends between them, each once.
///
/// # Errors
/// A sentence that names the one that is no address, or says that there are too many.
pub fn recipients(typed: &str) -> Result<Vec<String>, String> {
    let mut all: Vec<String> = Vec::new();
    for address in typed.split([',', ';', '\n']).map(str::trim) {
        if address.is_empty() || all.iter().any(|one| one == address) {
            continue;
        }
        if !mail::is_address(address) {
            return Err(format!(
                "{address:?} is no address. Write such as ops@example.com, with commas between several."
            ));
        }
        all.push(address.to_owned());
    }
    if all.len() > MOST {
        return Err(format!(
            "These are {} addresses, and {MOST} may be written to. For more people, name a list of your mail server.",
            all.len()
        ));
    }
    Ok(all)
}

/// Those of an orchestration whom the installation does not write to anyway; none if its settings cannot
/// be read, which is told elsewhere.
pub(super) fn of(engine: &Engine, orchestration: &Orchestration) -> Vec<String> {
    let settings = serde_json::from_str::<SendSettings>(&orchestration.settings);
    let mut own = settings
        .map(|settings| settings.alert_to)
        .unwrap_or_default();
    if let Some(mail) = &engine.settings.alerts.mail {
        own.retain(|address| !mail.to.contains(address));
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_however_they_are_divided_and_each_once() {
        let read = recipients(" ada@example.com, bob@example.com;\r\nada@example.com,\n").unwrap();
        assert_eq!(read, ["ada@example.com", "bob@example.com"]);
        assert_eq!(recipients(" \n ").unwrap(), [""; 0]);
    }

    #[test]
    fn what_is_no_address_is_named_and_too_many_are_counted() {
        for bad in ["ada", "ada@", "Ada <ada@example.com>", "a b@example.com"] {
            let said = recipients(&format!("ok@example.com, {bad}")).unwrap_err();
            assert!(
                said.starts_with(&format!("{bad:?} is no address")),
                "{said}"
            );
        }
        let many: Vec<String> = (0..21).map(|n| format!("p{n}@example.com")).collect();
        let said = recipients(&many.join(",")).unwrap_err();
        assert!(said.starts_with("These are 21 addresses"), "{said}");
    }
}
