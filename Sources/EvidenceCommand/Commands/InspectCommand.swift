import ArgumentParser
import ModelFile
import Runs

/// `evidence inspect`: what a file holds.
struct InspectCommand: ParsableCommand, IsolatedCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Say what a model, dataset or results file holds.",
    discussion: """
      For a model: its conditionals with their layers, shapes, parameters and activations, and every problem that keeps \
      it from being evaluated. For data: each dataset with its shape, type and range of values. For results: the settings \
      that made them, and how far the run is.

      Examples, on the digits in Sources/EvidenceCommand/Resources:
        evidence inspect digits-iwae-2l.h5
        evidence inspect digits-test.h5 --format json
      """)

  @Argument(help: "An HDF5 file, or arrays of numpy.", completion: .file())
  var file: String

  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var output: OutputOptions

  var untrustedFiles: [String] { [file] }

  func run() throws {
    output.start()
    let inspection = try Inspection.of(file, host: CommandHost())
    try output.print(inspection)
    if let model = inspection as? ModelInspection, !model.problems.isEmpty {
      throw ModelFileError(file: file, problems: model.problems)
    }
  }
}
