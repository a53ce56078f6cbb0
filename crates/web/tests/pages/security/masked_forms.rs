//! Forms of those who see personal data masked: what is masked in a form and sent back as it stands leaves
//! what is stored as it is.

use std::collections::BTreeSet;

use store::users::UserRole;

use super::canaries::SEEDS;
use super::client::Request;
use super::forms::{self, Form};
use super::furniture;

/// Stands where something is left out.
const HIDDEN: &str = "•••";

/// What a form would send, but for what changes with every edit.
fn content(form: &Form) -> Vec<(String, String)> {
    let mut fields = form.filled();
    fields.retain(|(name, _)| name != "version");
    fields
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_masked_form_that_is_sent_back_as_it_stands_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    furniture::small(&folder)
        .each(async |world| {
            let site = Box::pin(furniture::furnish(world, &SEEDS)).await;
            let masked = furniture::somebody(world, site.at, UserRole::Administrator, true).await;
            let whole = async |page: &str, action: &str| {
                let shown = Request::get(page)
                    .by_person(&site.admin)
                    .send(site.at)
                    .await;
                let forms = forms::forms(&shown.body);
                let form = forms.into_iter().find(|form| form.action == action);
                content(&form.unwrap())
            };
            let mut tried = BTreeSet::new();
            for (page, reply) in forms::walk(site.at, &masked).await {
                for form in forms::forms(&reply.body) {
                    let action = form.action.as_str();
                    if !form
                        .filled()
                        .iter()
                        .any(|(_, value)| value.contains(HIDDEN))
                    {
                        continue;
                    }
                    let before = whole(&page, action).await;
                    assert_ne!(before, content(&form), "{page}: {action}");
                    let request = form.request(&form.filled()).by_person(&masked);
                    let reply = request.send(site.at).await;
                    assert_eq!(reply.status, 303, "{action}: {}", reply.body);
                    assert_eq!(whole(&page, action).await, before, "{page}: {action}");
                    let nouns: Vec<&str> = action.split('/').collect();
                    tried.insert(format!("{} {}", nouns[1], nouns[nouns.len() - 1]));
                }
            }
            println!("{tried:?}");
            for form in [
                "cases edit",
                "contacts edit",
                "orchestrations mapping",
                "queries edit",
            ] {
                assert!(tried.contains(form), "{form} is not among {tried:?}");
            }
        })
        .await;
}
