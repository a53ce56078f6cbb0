//! Attacks, each shown to fail: what somebody outside, a customer, a file or a colleague with fewer rights
//! could try. What guards single pages stands in the files beside this one (`login`, `roles`, `protection`,
//! `masking`); here every page, form, download and operation is gone through.

mod canaries;
mod client;
mod fixation;
mod forms;
mod furniture;
mod headers;
mod html;
mod knocks;
mod masked_forms;
mod mass_assignment;
mod planted_sends;
mod redirects;
mod stored_script;
