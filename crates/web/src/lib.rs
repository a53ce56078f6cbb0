//! Pages and REST API.
