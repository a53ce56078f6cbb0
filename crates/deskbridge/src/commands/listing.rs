//! What every list of a case's or an integration's things takes, and how it goes on.

use clap::Args;
use engine::Engine;

use crate::commands::case::people::case_id;
use crate::commands::integration;
use crate::output;

/// Which part of a list is wanted.
#[derive(Debug, Args)]
pub(crate) struct Listing {
    /// Only of this case, by number or id
    #[arg(long, value_name = "CASE")]
    case: Option<String>,
    /// Only of this integration
    #[arg(long, value_name = "NAME")]
    integration: Option<String>,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    pub(crate) limit: i64,
    /// Goes on behind the entry with this id
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<String>,
}

/// Whose things are wanted, by id; everybody's, where nothing is said.
#[derive(Debug)]
pub(crate) struct Whose {
    /// Only of this case.
    pub(crate) case: Option<String>,
    /// Only of this integration.
    pub(crate) integration: Option<String>,
}

impl Listing {
    /// Finds the case and the integration that are named.
    ///
    /// # Errors
    /// A sentence if there is none of a name.
    pub(crate) async fn whose(&self, engine: &Engine) -> anyhow::Result<Whose> {
        Ok(Whose {
            case: match &self.case {
                Some(case) => Some(case_id(engine, case).await?),
                None => None,
            },
            integration: integration_id(engine, self.integration.as_deref()).await?,
        })
    }

    /// Says how to see the rest, if there is more: the same list behind the entry `next`.
    pub(crate) fn tell_more(&self, list: &str, next: Option<&str>) {
        let Some(next) = next else { return };
        let mut command = format!("deskbridge {list}");
        for (flag, value) in [("case", &self.case), ("integration", &self.integration)] {
            if let Some(value) = value {
                command.push_str(&format!(" --{flag} {}", output::shown(value, 200)));
            }
        }
        output::note(&format!("There are more: {command} --after {next}"));
    }
}

/// The id of the integration of this name, if one is named.
///
/// # Errors
/// A sentence if there is no such integration.
pub(crate) async fn integration_id(
    engine: &Engine,
    name: Option<&str>,
) -> anyhow::Result<Option<String>> {
    Ok(match name {
        Some(name) => Some(integration::find(engine, name).await?.id),
        None => None,
    })
}
