//! Contacts as those see them who see no personal data.

use engine::contact_view::{ContactLine, ContactView};

use crate::mask::{self, Mask};
use crate::pages::cases::mask as hide;

impl Mask for ContactLine {
    fn mask(&mut self) {
        hide::customer(&mut self.name);
        if let Some(email) = &mut self.email {
            *email = mask::email(email);
        }
        if let Some(phone) = &mut self.phone {
            *phone = mask::phone(phone);
        }
    }
}

impl Mask for ContactView {
    fn mask(&mut self) {
        self.line.mask();
        hide::text(&mut self.sentence);
        self.details.iter_mut().for_each(hide::text);
        self.conflicts.mask();
        for told in &mut self.history {
            hide::text(&mut told.actor);
        }
    }
}
