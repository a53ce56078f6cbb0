//! Integrations, runs and connections as those see them who see personal data masked.

use engine::home_view::ConnectionView;
use engine::integration_view::{Details, IntegrationLine, RunLine, RunView};
use engine::webhooks::Standing;
use store::runs::LogLine;

use crate::mask::{self, Mask};

fn free(text: &mut Option<String>) {
    if let Some(text) = text {
        *text = mask::text(text).into_owned();
    }
}

fn address(email: &mut Option<String>) {
    if let Some(email) = email {
        *email = mask::email(email);
    }
}

impl Mask for RunLine {
    fn mask(&mut self) {
        free(&mut self.problem);
    }
}

impl Mask for IntegrationLine {
    fn mask(&mut self) {
        self.last_run.mask();
    }
}

impl Mask for ConnectionView {
    fn mask(&mut self) {
        self.last_run.mask();
        address(&mut self.integration.settings.default_email);
    }
}

impl Mask for Details {
    fn mask(&mut self) {
        address(&mut self.settings.default_email);
        address(&mut self.sign_in.email);
        self.owner.mask();
        self.runs.mask();
    }
}

impl Mask for LogLine {
    fn mask(&mut self) {
        self.line = mask::text(&self.line).into_owned();
    }
}

impl Mask for RunView {
    fn mask(&mut self) {
        free(&mut self.run.problem);
        if self.run.requested_by.contains('@') {
            self.run.requested_by = mask::email(&self.run.requested_by);
        }
        address(&mut self.integration.settings.default_email);
        self.log.mask();
    }
}

impl Mask for Standing {
    fn mask(&mut self) {
        let (Self::Known(text) | Self::Unknown(text)) = self;
        *text = mask::text(text).into_owned();
    }
}
