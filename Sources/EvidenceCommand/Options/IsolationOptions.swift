import ArgumentParser

/// Whether files are read in a process of their own (docs/decisions/isolation.md).
struct IsolationOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: "Read files in a process of their own: one that crashes libhdf5 is then an error like others.")
  var isolate = true
}

/// A command that reads files from anywhere, and may do so in a process of its own.
protocol IsolatedCommand: ParsableCommand {
  /// What the command line says.
  var isolation: IsolationOptions { get }
  /// The files that are read.
  var untrustedFiles: [String] { get }
}
