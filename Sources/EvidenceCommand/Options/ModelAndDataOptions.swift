public import ArgumentParser
import Evidence
import Models
import Runs

/// Which model, which data, and what happens to an example before the model sees it. A run opens them.
struct ModelAndDataOptions: ParsableArguments {
  @Argument(help: "The model: an HDF5 file.", completion: .file())
  var model: String

  @Argument(help: "The test set: a dataset of shape [N, …] in HDF5, .npy, .npz or .h5ad.", completion: .file())
  var data: String

  @OptionGroup var preparation: PreparationOptions

  /// What is asked for.
  var request: InputsRequest { preparation.inputs(model: model, data: data) }
}

/// Which examples of DATA, and what happens to each before the model sees it.
struct PreparationOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The dataset inside DATA. (default: the only one)", valueName: "path"))
  var dataset: String?

  @Option(
    help: ArgumentHelp(
      "The order in which the dataset's axes are taken, the first counting examples, as numpy's transpose takes it. "
        + "(default: as stored)", valueName: "0,2,3,1"))
  var axes: AxesOrder?

  @Option(
    help: ArgumentHelp(
      "The examples to take: a half-open range such as 100..200, ..200 or 100.. (default: all)", valueName: "a..b"))
  var examples: ExampleRange?

  @Option(
    help: ArgumentHelp(
      "How grey values become binary: none, threshold (1 from 0.5 on) or bernoulli (drawn, keyed by seed and example). "
        + "(default: what the model file says)", valueName: "how"))
  var binarize: Binarization?

  @Option(
    help: ArgumentHelp(
      "Where in DATA a covariate of the model is. (default: the dataset, or the column of obs, of its name)",
      valueName: "name=path"))
  var covariate: [CovariatePlace] = []

  @Option(help: ArgumentHelp("Stored values are divided by this. (default: what the model file says)", valueName: "x"))
  var divideBy: Double?

  @Flag(
    inversion: .prefixedNo,
    help: "Add uniform noise in [0, 1) to the stored integers, or don't. (default: what the model file says)")
  var dequantize: Bool?

  func validate() throws {
    if let divideBy, !(divideBy > 0 && divideBy.isFinite) {
      throw ValidationError("--divide-by: expected a positive number, found \(divideBy)")
    }
    let names = covariate.map(\.name)
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw ValidationError("--covariate: \(twice) is there twice")
    }
  }
}

extension PreparationOptions {
  /// A model and data, prepared in this way.
  func inputs(model: String, data: String) -> InputsRequest {
    InputsRequest(model: model, data: data, dataset: dataset, examples: examples, preparation: choice)
  }

  /// What is chosen.
  var choice: PreparationChoice {
    PreparationChoice(
      binarize: binarize, divideBy: divideBy, dequantize: dequantize, axes: axes?.order,
      covariates: Dictionary(covariate.map { ($0.name, $0.path) }, uniquingKeysWith: { first, _ in first }))
  }
}

extension Binarization: ExpressibleByArgument {}

extension ExampleRange: ExpressibleByArgument {
  /// As `--examples` takes it.
  package init?(argument: String) { self.init(argument) }
}
