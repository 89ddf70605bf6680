import ArgumentParser

/// What standard error says.
struct ConsoleOptions: ParsableArguments {
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
}

extension ProgressForm: ExpressibleByArgument {}
