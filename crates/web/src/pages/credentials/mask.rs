//! What of credentials is personal: who signs in, and who asked.

use engine::credentials::Trial;
use store::credential_requests::CredentialRequest;
use store::credentials::Credential;

use crate::mask::{self, Mask};

impl Mask for Credential {
    fn mask(&mut self) {
        self.email = self.email.as_deref().map(mask::email);
    }
}

impl Mask for CredentialRequest {
    fn mask(&mut self) {
        self.requested_by = mask::text(&self.requested_by).into_owned();
    }
}

impl Mask for Trial {
    fn mask(&mut self) {
        self.sentence = mask::text(&self.sentence).into_owned();
    }
}
