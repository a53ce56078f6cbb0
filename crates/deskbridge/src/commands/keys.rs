//! `deskbridge keys`: the key that seals stored secrets.

use anyhow::anyhow;
use clap::Subcommand;
use clock::SystemDice;
use secrecy::ExposeSecret as _;
use store::KeyProblem;
use store::secrets::Keyring;

use crate::installation::Place;
use crate::kill_switch;
use crate::output;

/// What to do with the key.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Makes the key file of a new installation; never overwrites one
    New {
        /// Prints a new key instead of keeping it in a file, for DESKBRIDGE_KEY
        #[arg(long)]
        print: bool,
    },
    /// Exchanges the key: every stored secret is sealed again under a new one
    #[command(
        after_help = "End `deskbridge serve` first. The old key is kept as key.previous, for restoring backups made before;\ndelete it once you need none of them."
    )]
    Rotate,
}

/// Does it.
pub(crate) async fn run(place: Place, action: Action) -> anyhow::Result<()> {
    match action {
        Action::New { print: true } => {
            output::line(Keyring::generate(&SystemDice).expose_secret().trim_end());
            Ok(())
        }
        Action::New { print: false } => make(&place).await,
        Action::Rotate => rotate(&place).await,
    }
}

async fn make(place: &Place) -> anyhow::Result<()> {
    let file = place.key_file();
    let keyring = file.make(&SystemDice)?;
    if place.has_database() {
        // A database that was sealed with another key needs that key back, not a new one.
        let fits = async {
            let store = place.open_store().await?;
            let fits = keyring.check(&store, &SystemDice).await;
            store.close().await;
            Ok::<_, anyhow::Error>(fits?)
        };
        if let Err(error) = fits.await {
            file.unmake();
            let wrong = matches!(
                error.downcast_ref::<store::Error>(),
                Some(store::Error::Key(KeyProblem::Wrong))
            );
            return Err(if wrong {
                anyhow!(
                    "The database was made with another key, which is not at {}. Put that key back from your backup; a new one would not open what is stored, so none was made.",
                    file.path().display()
                )
            } else {
                error
            });
        }
    }
    output::line(&format!(
        "Made the key {}. Back it up apart from the database: without it stored secrets cannot be opened.",
        file.path().display()
    ));
    Ok(())
}

async fn rotate(place: &Place) -> anyhow::Result<()> {
    if place.key_is_given() {
        return Err(anyhow!(
            "The key comes from DESKBRIDGE_KEY, which no command can change. Put it into the file {} (chmod 600), unset DESKBRIDGE_KEY, run this again, and then use the new content of the file.",
            place.key_file().path().display()
        ));
    }
    let file = place.key_file();
    if !file.exists() {
        file.load()?;
    }
    let alone = file.claim()?;
    let store = place.open_store().await?;
    let checkpoint = kill_switch::checkpoint(&place.environment);
    let rewrapped = file
        .rotate(&alone, &store, &SystemDice, &*checkpoint)
        .await?;
    store.close().await;
    let secrets = if rewrapped == 1 { "secret" } else { "secrets" };
    output::line(&format!(
        "Exchanged the key; {rewrapped} stored {secrets} sealed again. Back up {}. The old key is kept as {} for older backups; delete it once you need none of them.",
        file.path().display(),
        file.previous_path().display()
    ));
    Ok(())
}
