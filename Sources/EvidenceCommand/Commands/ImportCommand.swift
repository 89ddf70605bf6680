public import ArgumentParser
import Foundation
import JSON
public import KerasImport
import Models
import Runs

/// `evidence import`: models of other frameworks in the model format.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Write a model that another framework saved in the model format.",
    discussion: """
      Keras' files are read as they are. For PyTorch and JAX there is evidence.export, in Python.

      Example, on a file of Tests/KerasImportTests/Fixtures:
        evidence import keras keras3-nested.keras -o model.h5
      """,
    subcommands: [ImportKerasCommand.self])
}

/// `evidence import keras`.
struct ImportKerasCommand: ParsableCommand, IsolatedCommand {
  static let configuration = CommandConfiguration(
    commandName: "keras",
    abstract: "Import a model from the files of Keras 1, 2 or 3.",
    discussion: """
      Encoder and decoder in one file or in two: .keras, .h5, .weights.h5 or .weights.json. Files with weights only are completed by a JSON \
      file beside them: that of model.to_json(), or a few lines by hand (docs/keras.md). What the files do not say and was \
      taken to be so is printed, and stored in the output.

      Examples, on files of Tests/KerasImportTests/Fixtures:
        evidence import keras keras3-nested.keras -o nested.h5
        evidence import keras keras2-operations.h5 -o operations.h5 --divide-by 255
      Of files of your own:
        evidence import keras encoder.h5 decoder.h5 -o model.h5 --likelihood normal:0.1
        evidence import keras vae.h5 -o model.h5 --mean dense_3 --scale dense_4
        evidence import keras vae.weights.h5 --draft vae.json
        evidence import keras vae.weights.h5 vae.json -o model.h5
      """)

  @Argument(help: ArgumentHelp("What Keras saved, and JSON that completes it.", valueName: "file"), completion: .file())
  var files: [String]

  @Option(name: .shortAndLong, help: ArgumentHelp("The model to write.", valueName: "model.h5"), completion: .file())
  var output = ""

  @Option(
    help: ArgumentHelp(
      "Write a description of files with weights only, to be completed by hand and given beside them, and no model.",
      valueName: "file.json"), completion: .file())
  var draft: String?

  @Flag(help: "Write over a file that is there.")
  var force = false

  @OptionGroup(title: "The posterior") var heads: HeadOptions
  @OptionGroup(title: "The model") var roles: RoleOptions
  @OptionGroup(title: "The data") var input: ImportedInputOptions
  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var printing: OutputOptions

  var untrustedFiles: [String] { files }

  func validate() throws {
    if output.isEmpty && draft == nil { throw ValidationError("Missing expected argument '--output <model.h5>'") }
    if !output.isEmpty && draft != nil { throw ValidationError("--draft writes a description, and --output a model") }
  }

  func run() throws {
    printing.start()
    let run = KerasImportRun(request, host: CommandHost(), words: CommandWords())
    guard let draft else { return try printing.print(run.run()) }
    try run.writeDraft()
    let names = CommandLineText.joined(files + [draft])
    try printing.print(
      json: ["command": "import", "draft": .string(draft)],
      text: "wrote \(draft): complete its activations and shapes, then\n  evidence import keras \(names) -o model.h5")
  }

  /// What is asked for.
  var request: KerasImportRequest {
    KerasImportRequest(files: files, output: draft ?? output, replaces: force, options: options)
  }

  private var options: KerasImportOptions {
    var options = KerasImportOptions()
    (options.mean, options.splitHead) = (heads.mean, heads.splitHead)
    (options.logVariance, options.logScale, options.scale) = (heads.logVariance, heads.logScale, heads.scale)
    (options.encoder, options.decoder, options.name) = (roles.encoder, roles.decoder, roles.name)
    options.likelihood = roles.likelihood
    options.inputShape = input.inputShape?.extents
    (options.divideBy, options.binarize, options.invert) = (input.divideBy, input.binarize, input.invert)
    return options
  }
}

/// Which layers compute the posterior's parameters.
struct HeadOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The layer that computes the posterior's mean.", valueName: "layer"))
  var mean: String?

  @Option(help: ArgumentHelp("The layer that computes the logarithm of its variance.", valueName: "layer"))
  var logVariance: String?

  @Option(help: ArgumentHelp("The layer that computes the logarithm of its scale.", valueName: "layer"))
  var logScale: String?

  @Option(help: ArgumentHelp("The layer that computes its scale (standard deviation).", valueName: "layer"))
  var scale: String?

  @Option(
    help: ArgumentHelp(
      "The layer whose output is the mean in its first half and the log-variance in its second.", valueName: "layer"))
  var splitHead: String?

  func validate() throws {
    let scales = [("--log-variance", logVariance), ("--log-scale", logScale), ("--scale", scale)]
    let given = scales.filter { $0.1 != nil }.map(\.0)
    if given.count > 1 {
      throw ValidationError("\(given.joined(separator: " and ")) exclude each other: a posterior has one scale")
    }
    if splitHead != nil, mean != nil {
      throw ValidationError("--split-head and --mean exclude each other: the mean is the first half of the split head")
    }
  }
}

/// Which model is which, and what the decoder's output means.
struct RoleOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The model, or the file, that is the encoder.", valueName: "name"))
  var encoder: String?

  @Option(help: ArgumentHelp("The model, or the file, that is the decoder.", valueName: "name"))
  var decoder: String?

  @Option(
    help: ArgumentHelp(
      "The distribution of x given the decoder's output: \(KerasLikelihood.choices.joined(separator: ", ")). "
        + "(default: bernoulli after a sigmoid)", valueName: "likelihood"))
  var likelihood: KerasLikelihood?

  @Option(help: ArgumentHelp("The model's name in the output. (default: the first file's)", valueName: "text"))
  var name: String?
}

/// What was done to the data in training.
struct ImportedInputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The shape of an example, such as 28,28,1, where the files leave it open.", valueName: "shape"))
  var inputShape: ExampleShape?

  @Option(help: ArgumentHelp("Stored values are divided by this: 255 for images of bytes.", valueName: "x"))
  var divideBy: Double?

  @Option(help: ArgumentHelp("How grey values become binary: none, threshold or bernoulli.", valueName: "how"))
  var binarize: Binarization?

  @Flag(help: "The model was trained on 1 − x.")
  var invert = false

  func validate() throws {
    if let divideBy, !(divideBy > 0 && divideBy.isFinite) {
      throw ValidationError("--divide-by: expected a positive number, found \(divideBy)")
    }
  }
}

/// The shape of an example as it is written on the command line: `28,28,1`, `[28, 28]`, `28x28` or `784`.
struct ExampleShape: ExpressibleByArgument, Equatable {
  let extents: [Int]

  init?(argument: String) {
    let inner = argument.trimmingCharacters(in: CharacterSet(charactersIn: "[]() "))
    let parts = inner.split(omittingEmptySubsequences: false) { ",x×".contains($0) }
    let numbers = parts.map { Int($0.trimmingCharacters(in: .whitespaces)) }
    extents = numbers.compactMap(\.self)
    guard extents.count == numbers.count, extents.allSatisfy({ $0 > 0 }), extents.elementCount(atMost: 1 << 28) != nil
    else { return nil }
  }
}

extension KerasLikelihood: ExpressibleByArgument {
  /// As `--likelihood` takes it.
  public init?(argument: String) { self.init(argument) }
}
