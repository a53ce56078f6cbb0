//! `deskbridge contact`: customers, and who they are in Zendesk.

use anyhow::anyhow;
use clap::{Args, Subcommand};
use engine::Engine;
use engine::actions::{self, ContactEdit, NewContact};
use engine::contact_view::{self, ContactView};

use crate::commands::case::people::{self, Acting};
use crate::installation::Place;
use crate::output;

/// What to do with contacts.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Lists contacts, the one made last first
    #[command(
        after_help = "Examples:\n  deskbridge contact list --limit 5\n  deskbridge contact list --json --before ID"
    )]
    List {
        /// Prints one JSON object: the contacts, and `next` for --before
        #[arg(long)]
        json: bool,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
        limit: i64,
        /// Goes on behind the contact with this id
        #[arg(long, value_name = "ID")]
        before: Option<String>,
    },
    /// Shows one contact, who it is in Zendesk, what of it is not there yet, and its conflicts
    #[command(
        after_help = "Examples:\n  deskbridge contact show rosa@example.com\n  deskbridge contact show ID --json"
    )]
    Show {
        /// Its primary email or id
        contact: String,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Makes a contact here; the next ticket of somebody with its email makes it a user in Zendesk
    Create(Box<Create>),
    /// Changes a contact; with two-way sync it reaches the end user in Zendesk that it is
    Edit(Box<Edit>),
}

/// Arguments of `contact create`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  deskbridge contact create --name 'Rosa Parks' --email rosa@example.com\n  deskbridge contact create --name 'Rosa Parks' --phone '+1 313 555 0100' --as grace@example.com --json"
)]
pub(crate) struct Create {
    /// Their name, in one line
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    name: String,
    /// Their primary email, which no other contact has
    #[arg(long = "email", value_name = "EMAIL")]
    primary_email: Option<String>,
    /// Their phone number
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    phone: Option<String>,
    #[command(flatten)]
    acting: Acting,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// Arguments of `contact edit`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  deskbridge contact edit rosa@example.com --phone '+1 313 555 0100'\n  deskbridge contact edit ID --name 'Rosa Louise Parks' --email rosa.parks@example.com",
    group = clap::ArgGroup::new("what").required(true).multiple(true)
)]
pub(crate) struct Edit {
    /// Its primary email or id
    contact: String,
    /// A new name, in one line
    #[arg(long, value_name = "TEXT", group = "what", allow_hyphen_values = true)]
    name: Option<String>,
    /// A new phone number; '' for none
    #[arg(long, value_name = "TEXT", group = "what", allow_hyphen_values = true)]
    phone: Option<String>,
    /// A new primary email; '' for none
    #[arg(long = "email", value_name = "EMAIL", group = "what")]
    new_email: Option<String>,
    #[command(flatten)]
    acting: Acting,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// Does it.
pub(crate) async fn run(place: Place, action: Action) -> anyhow::Result<()> {
    let installation = place.open().await?;
    let engine = &installation.engine;
    match action {
        Action::List {
            json,
            limit,
            before,
        } => list(engine, json, limit, before.as_deref()).await?,
        Action::Show { contact, json } => {
            let id = id(engine, &contact).await?;
            let found = find(engine, &id).await?;
            if json {
                output::json(&found)?;
            } else {
                print(&found);
            }
        }
        Action::Create(create) => {
            let Create {
                name,
                primary_email,
                phone,
                acting,
                json,
            } = *create;
            let actor = acting.find(engine).await?;
            let new = NewContact {
                name,
                email: primary_email,
                phone,
                account: None,
                owner: actor.id,
            };
            let id = actions::create_contact(engine, new, &actor.email).await?;
            tell(engine, &id, "was made", json).await?;
        }
        Action::Edit(edit) => {
            let Edit {
                contact,
                name,
                phone,
                new_email,
                acting,
                json,
            } = *edit;
            let actor = acting.find(engine).await?;
            let id = id(engine, &contact).await?;
            let wanted = ContactEdit {
                name,
                phone: phone.map(Some),
                email: new_email.map(Some),
            };
            actions::edit_contact(engine, &id, wanted, &actor.email).await?;
            tell(engine, &id, "is as you said", json).await?;
        }
    }
    installation.close().await;
    Ok(())
}

async fn id(engine: &Engine, email_or_id: &str) -> anyhow::Result<String> {
    people::contact(engine, email_or_id)
        .await?
        .ok_or_else(|| anyhow!("Name a contact by its id or its primary email."))
}

async fn find(engine: &Engine, id: &str) -> anyhow::Result<ContactView> {
    contact_view::show(engine, id).await?.ok_or_else(|| {
        anyhow!("There is no contact {id:?}. `deskbridge contact list` shows those there are.")
    })
}

/// Says what became of a contact, and whether it is in step with Zendesk.
///
/// # Errors
/// As the database says.
pub(crate) async fn tell(
    engine: &Engine,
    id: &str,
    what: &str,
    as_json: bool,
) -> anyhow::Result<()> {
    let found = find(engine, id).await?;
    if as_json {
        return output::json(&found);
    }
    let name = output::shown(&found.line.name, 200);
    output::line(&format!("Contact {name} {what}."));
    output::line(&found.sentence);
    Ok(())
}

async fn list(engine: &Engine, json: bool, limit: i64, before: Option<&str>) -> anyhow::Result<()> {
    let page = contact_view::list(engine, before, limit).await?;
    if json {
        return output::json(&page);
    }
    if page.contacts.is_empty() {
        output::note(
            "There are no contacts here. `deskbridge sync NAME` brings those of an integration, `deskbridge contact create` makes one.",
        );
        return Ok(());
    }
    let rows: Vec<Vec<String>> = page
        .contacts
        .iter()
        .map(|contact| {
            vec![
                contact.id.clone(),
                output::shown(&contact.name, 40),
                output::shown(contact.email.as_deref().unwrap_or("-"), 60),
                output::shown(contact.phone.as_deref().unwrap_or("-"), 24),
            ]
        })
        .collect();
    output::table(&["ID", "NAME", "EMAIL", "PHONE"], &rows);
    if let Some(next) = page.next {
        output::note(&format!(
            "There are more: deskbridge contact list --before {next}"
        ));
    }
    Ok(())
}

fn print(found: &ContactView) {
    let line = |label: &str, value: &str| {
        output::line(&format!("  {label:<10} {}", output::shown(value, 500)));
    };
    output::line(&output::shown(&found.line.name, 200));
    line("Id", &found.line.id);
    line("Email", found.line.email.as_deref().unwrap_or("-"));
    line("Phone", found.line.phone.as_deref().unwrap_or("-"));
    for link in &found.zendesk {
        line(
            "In Zendesk",
            &format!(
                "user {} of {}, {}{}",
                link.user,
                link.integration.as_deref().unwrap_or("-"),
                link.role.as_deref().unwrap_or("of an unknown role"),
                if link.active { "" } else { ", deleted there" }
            ),
        );
    }
    output::line(&output::shown(&found.sentence, 1000));
    for conflict in &found.conflicts {
        output::line(&format!(
            "  {}  {} changed on both sides: here {}, in Zendesk {}; {} (conflict {})",
            conflict.at,
            conflict.label,
            output::shown(conflict.crm.as_deref().unwrap_or("nothing"), 200),
            output::shown(conflict.zendesk_told(), 200),
            conflict.outcome(),
            conflict.id
        ));
    }
}
