public import Models

/// What to do about an error, for whoever words it: a command in its options, a script in its calls.
public enum Remedy: Sendable, Equatable {
  /// Divide the stored values by this; nil where the number is not known.
  case divide(by: Double?)
  /// Take the stored values as they are.
  case takeAsStored
  /// Name the dataset.
  case nameDataset
  /// Say where a covariate is.
  case nameCovariate(String)
  /// Take the stored axes in this order; nil where none makes the model's shape of them.
  case orderAxes([Int]?)
  /// Take the axes in this order, as the examples may lie along another axis than the first.
  case takeExamples(alongAxis: Int, order: [Int])
  /// Go on with the run that made the results file.
  case resume
  /// Give the results another file.
  case useAnotherOutput
  /// Remove the file that is there.
  case removeFile
  /// Move the file that is there away, then go on with the run.
  case moveFileAndResume
  /// Store what are taken for probabilities as logits, if that is what they are.
  case storeLogits
  /// Store what are taken for scales or variances as log-variances, if that is what they are.
  case storeLogVariance(insteadOf: ParameterName)
  /// Merge files whose numbers differ by rounding all the same.
  case allowMixed
  /// Take this many draws of each example.
  case takeSamples(Int)
  /// Take this many draws of each example, or more.
  case takeSamplesOrMore(Int)
  /// Anneal at more temperatures.
  case takeTemperatures
  /// Binarize the data.
  case binarize
  /// Add noise to whole numbers that are levels of something continuous.
  case dequantize
  /// Say how to divide and binarize, in the place of the model file and of what the data look like.
  case choosePreparation
  /// Divide and order the data as in training; or mend the model where it is made.
  case prepareAsInTraining(else: ModelMending)
  /// Store the parameters, which end in this activation, as probabilities.
  case storeProbabilities(insteadOf: Activation)
  /// Evaluate an example alone, which says more about it.
  case evaluateAlone(example: Int)
  /// Keep what every example yields in a results file.
  case keepEstimates

  /// What may be amiss in a model that was made of another one's weights.
  public enum ModelMending: Sendable, Equatable {
    /// The likelihood's scale.
    case scale
    /// Data that are inverted.
    case inversion
  }
}

extension Remedy: CustomStringConvertible {
  /// The remedy in the words of this library.
  public var description: String {
    switch self {
    case .divide(nil): "scale the data as in training (Preprocessing.divideBy)"
    case .divide(let divisor?): "pass Preprocessing(divideBy: \(divisor)), or PreparationChoice(divideBy: \(divisor))"
    case .takeAsStored: "take them as they are with PreparationChoice(divideBy: 1)"
    case .nameDataset: "name one"
    case .nameCovariate(let name): "say where: PreparationChoice(covariates: [\"\(name)\": path])"
    case .orderAxes(nil): "store the examples in the model's shape"
    case .orderAxes(let order?): "take the axes in another order: PreparationChoice(axes: \(order))"
    case .takeExamples(let axis, let order):
      "the examples may lie along axis \(axis): PreparationChoice(axes: \(order))"
    case .resume: "go on with ResultsWriter(resuming:settings:)"
    case .useAnotherOutput: "give the results another file"
    case .removeFile: "remove the file"
    case .moveFileAndResume: "move the file away, then go on with ResultsWriter(resuming:settings:)"
    case .storeLogits: "probabilities have to be in [0, 1]; if these are logits, store them as `logits`"
    case .storeLogVariance(let name):
      "a \(name.rawValue) has to be positive; if these are log-variances, store them as `log_variance`"
    case .allowMixed: "pass allowsMixed"
    case .takeSamples(let count): "take \(count) draws"
    case .takeSamplesOrMore(let count): "take \(count) draws or more"
    case .takeTemperatures: "take more temperatures"
    case .binarize: "binarize the data: PreparationChoice(binarize: .threshold) or .bernoulli"
    case .dequantize: "dequantize what are levels of something continuous: PreparationChoice(dequantize: true)"
    case .choosePreparation: "decide with PreparationChoice(divideBy:binarize:)"
    case .prepareAsInTraining(.scale): "divide and order the data as in training, or give the model another scale"
    case .prepareAsInTraining(.inversion): "divide, order and invert the data as in training"
    case .storeProbabilities(let activation):
      "store them as `probabilities`, or leave the \(activation) out"
    case .evaluateAlone(let example): "evaluate example \(example) alone"
    case .keepEstimates: "keep every estimate in a results file"
    }
  }
}
