import ArgumentParser
import Runs

@main
struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evidence",
    abstract: "How likely is a test set under a latent-variable model, and can the answer be trusted?",
    discussion: """
      The model and the data are HDF5 files. The log-likelihood is estimated by importance sampling from the model's own \
      posterior approximation, and every number comes with its errors and with what says whether to believe them.

      A first run, on the model and the images that come with the command:
        evidence demo

      On files (these are in Sources/EvidenceCommand/Resources; docs/tour.md goes on from here):
        evidence inspect digits-iwae-2l.h5
        evidence nll digits-iwae-2l.h5 digits-test.h5 --output results.h5
        evidence units digits-iwae-2l.h5 digits-test.h5
        evidence report results.h5 -o report.html

      `evidence help nll` says all of a command.

      Exit status: 0 done, 64 usage, 65 the model or the data is not what it should be, 66 no such file, 70 a fault of \
      the program, 71 the system refuses memory or threads, 73 the output can't be made, 74 input or output failed, \
      130 stopped by Ctrl-C.
      """,
    version: PackageVersion.line,
    subcommands: CommandList.subcommands)

  /// Parses, runs, and turns whatever is thrown into a line or two and the right status.
  static func main() {
    do {
      try ProcessState.prepare()
      if let words = WrongLine.firstWord(of: Array(CommandLine.arguments.dropFirst())) {
        throw CommandError(.usage, words)
      }
      var command = try parseAsRoot()
      if let isolated = command as? any IsolatedCommand {
        try Isolation.run(isolated) { try command.run() }
      } else {
        try command.run()
      }
    } catch {
      Failure(error).exit()
    }
  }
}
