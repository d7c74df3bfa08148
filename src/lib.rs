//! Cutover audits an organisation's Procore integrations against the shared responsibility model.

pub mod export;
pub mod inventory;
pub mod judge;
pub mod result;
