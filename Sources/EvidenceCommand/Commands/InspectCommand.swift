import ArgumentParser
import Evidence
import HDF5
import JSON
import KerasImport
import ModelFile

/// `evidence inspect`: what a file holds.
struct InspectCommand: ParsableCommand, IsolatedCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Say what a model, dataset or results file holds.",
    discussion: """
      For a model: its conditionals with their layers, shapes, parameters and activations, and every problem that keeps \
      it from being evaluated. For data: each dataset with its shape, type and range of values. For results: the settings \
      that made them, and how far the run is.
      """)

  @Argument(help: "An HDF5 file.", completion: .file())
  var file: String

  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var output: OutputOptions

  var untrustedFiles: [String] { [file] }

  /// The one array of a file of numpy.
  private func inspectNumbers() throws {
    let source = try NumpySource(file: file)
    let inspection = try DataInspection(source)
    try output.print(json: inspection.json, text: inspection.text)
  }

  func run() throws {
    output.start()
    let kind = try FileKind(of: file)
    if kind == .numpyArray || kind == .numpyArchive { return try inspectNumbers() }
    if kind == .keras {
      throw CommandError(
        .invalidInput,
        "\(file): a Keras model; imported, it can be inspected\nevidence import keras \(file) -o model.h5")
    }
    if ![.model, .results, .hdf5, .unknown, .empty].contains(kind) { try FirstContact.check(file, as: .data) }
    let opened = try HDF5.File(reading: file)
    let root = try opened.root
    switch try root.attributeType("format") == .string ? root.string("format") : nil {
    case ModelFile.format?:
      let inspection = ModelInspection(path: file, description: try ModelFile.parse(opened))
      try output.print(json: inspection.json, text: inspection.text)
      if !inspection.problems.isEmpty { throw ModelFileError(file: file, problems: inspection.problems) }
    case "evidence-results"?:
      let inspection = try ResultsInspection(ResultsFile(reading: file))
      try output.print(json: inspection.json, text: inspection.text)
    default:
      let inspection = try DataInspection(opened)
      try output.print(json: inspection.json, text: inspection.text)
    }
  }
}
