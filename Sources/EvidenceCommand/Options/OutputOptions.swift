import ArgumentParser
import JSON
import Runs

/// What is printed. Call `start()` first thing in a command's `run()`.
struct OutputOptions: ParsableArguments {
  /// For people, or for programs.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Option(help: ArgumentHelp("What is printed on standard output: text or json.", valueName: "format"))
  var format = Format.text

  @Option(
    help: ArgumentHelp(
      "How standard error says how far a run is: bar, lines, json (an object a line, for front ends) or none. "
        + "(default: bar on a terminal, none elsewhere)", valueName: "how"))
  var progress: ProgressForm?

  @Flag(name: .shortAndLong, help: "No progress and no warnings on standard error; errors remain.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say more on standard error: what is being done, and libhdf5's account of an error.")
  var verbose = false

  func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other") }
  }

  /// Applies the options to standard error and starts to catch signals.
  func start() {
    Console.shared.configure(isQuiet: quiet, isVerbose: verbose, progress: progress)
    Interruption.shared.install()
  }

  /// Prints one or the other on standard output.
  func print(json: @autoclosure () -> JSONValue, text: @autoclosure () -> String) throws {
    switch format {
    case .json:
      // A front end has both.
      if Console.shared.writesEvents { Console.shared.event(["event": "text", "text": .string(text())]) }
      try Console.shared.output(json().text)
    case .text: try Console.shared.output(text())
    }
  }

  /// Prints an outcome, and its warnings on standard error.
  func print(_ outcome: some RunOutcome) throws {
    let words = CommandWords()
    try print(json: outcome.json(in: words), text: outcome.text(in: words))
    for warning in outcome.warnings { Console.shared.warn(words.words(warning)) }
  }
}

extension ProgressForm: ExpressibleByArgument {}
