import ArgumentParser

/// Whether files are read in a process of their own (docs/decisions/isolation.md).
struct IsolationOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: """
      Read files in a process of their own: one that crashes libhdf5 is then an error like others. (default: on for import)
      """)
  var isolate: Bool?
}

/// A command that reads files from anywhere, and may do so in a process of its own.
protocol IsolatedCommand: ParsableCommand {
  /// What the command line says.
  var isolation: IsolationOptions { get }
  /// The files that are read.
  var untrustedFiles: [String] { get }
  /// Whether it is isolated where the command line says nothing.
  static var isIsolatedUnlessAsked: Bool { get }
}

extension IsolatedCommand {
  static var isIsolatedUnlessAsked: Bool { false }

  /// Whether to isolate.
  var isIsolated: Bool { isolation.isolate ?? Self.isIsolatedUnlessAsked }
}
