//! Checks as those see them who see personal data masked.

use engine::checks::{DryRunView, Found};

use super::Named;
use crate::mask::{self, Mask};

fn free(text: &mut Option<String>) {
    if let Some(text) = text {
        *text = mask::text(text).into_owned();
    }
}

impl Mask for Named {
    fn mask(&mut self) {
        let check = &mut self.check;
        if check.actor.contains('@') {
            check.actor = mask::email(&check.actor);
        }
        free(&mut check.stage);
        free(&mut check.problem);
        check.found.mask();
    }
}

impl Mask for Found {
    fn mask(&mut self) {
        match self {
            Self::Installation(findings) => {
                for finding in findings {
                    finding.check = mask::text(&finding.check).into_owned();
                    finding.finding = mask::text(&finding.finding).into_owned();
                }
            }
            Self::DryRun(would) => would.mask(),
            // Counts, and a report that holds nobody's data.
            Self::Verify(_) | Self::Live(_) => {}
        }
    }
}

impl Mask for DryRunView {
    fn mask(&mut self) {
        free(&mut self.problem);
        // Each quotes names and texts, which nobody can tell from other words: so they are counted only.
        for told in [
            &mut self.changes,
            &mut self.sendings,
            &mut self.parked,
            &mut self.warnings,
        ] {
            told.more += told.sentences.len();
            told.sentences.clear();
        }
    }
}
