//! The tables of formats: one for each kind of result, and a row for each format.
//!
//! A row gives the name of a format, what it is for and the call that writes it. The enum, the values of `--format` and
//! `-o`, their help, the completions and the lists that tests go through come from the row.

use clap::ValueEnum;

/// The formats of one kind of result.
pub trait Formats: ValueEnum + Copy + PartialEq + 'static {
    /// The format for people: its width and colours depend on where it goes, while every other has the same bytes wherever
    /// it goes.
    const TEXT: Self;
}

/// Makes the enum of the formats of one kind of result, and the function that writes a result in any of them.
macro_rules! formats {
    (
        $(#[$about:meta])*
        enum $formats:ident;
        $(#[$effect:meta])*
        fn $write:ident $([$generic:ident: $bound:path])? ($result:ident: $of:ty, $style:ident, $out:ident);
        $( $(#[$help:meta])+ $format:ident => $call:expr, )+
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
        pub enum $formats {
            $( $(#[$help])+ $format, )+
        }

        impl $crate::Formats for $formats {
            const TEXT: Self = Self::Text;
        }

        $(#[$effect])*
        ///
        /// # Errors
        /// When the output cannot be written.
        pub fn $write $(<$generic: $bound>)? (
            $result: &$of,
            format: $formats,
            $style: $crate::Style,
            $out: &mut dyn std::io::Write,
        ) -> std::io::Result<()> {
            match format {
                $( $formats::$format => $call, )+
            }
        }
    };
}

pub(crate) use formats;
