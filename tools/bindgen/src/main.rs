//! `certportal-bindgen INPUT.wasm DIRECTORY`: the JavaScript that loads the browser's program, and the program with what only
//! wasm-bindgen reads taken out.

use std::process::ExitCode;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let [input, directory] = match <[String; 2]>::try_from(std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(arguments) => arguments,
        Err(_) => {
            eprintln!("usage: certportal-bindgen INPUT.wasm DIRECTORY");
            return ExitCode::from(2);
        }
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(input).out_name("certportal").typescript(false).remove_name_section(true).remove_producers_section(true);
    match bindgen.web(true).and_then(|bindgen| bindgen.generate(directory)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
