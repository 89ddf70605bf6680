import Evidence
import Runs
import Wording

extension EvidenceError {
  /// The error for people at a command line: what to do is said by its options.
  var commandWords: String {
    guard !remedies.isEmpty else { return message }
    let words = remedies.map(\.commandWords)
    let list = words.count > 2 ? words.dropLast().joined(separator: ", ") + ", or " + (words.last ?? "") : nil
    return message + "\n" + (list ?? words.joined(separator: ", or "))
  }
}

extension Remedy {
  /// The remedy as the command's options.
  var commandWords: String {
    switch self {
    case .divide(nil): "should it be divided? (--divide-by)"
    case .divide(255?): "if the data are 8-bit, divide them: --divide-by 255"
    case .divide(let divisor?): "divide them with --divide-by \(Text.plain(divisor))"
    case .takeAsStored: "take them as they are with --divide-by 1"
    case .nameDataset: "name one with --dataset"
    case .nameCovariate(let name): "say where: --covariate \(name)=PATH"
    case .orderAxes(nil): "store the examples in the model's shape, or say an order with --axes"
    case .orderAxes(let order?): "to exchange them: --axes \(AxesOrder(order).text)"
    case .takeExamples(let axis, let order): "the examples may lie along axis \(axis): --axes \(AxesOrder(order).text)"
    case .resume: "go on with --resume"
    case .useAnotherOutput: "give another output"
    case .removeFile: "remove it"
    case .moveFileAndResume: "move that file away, then go on with --resume"
    case .storeLogits: "\(self) (at import: --likelihood bernoulli-logits)"
    case .storeLogVariance: "\(self) (at import: --log-variance LAYER)"
    case .allowMixed: "merge them all the same with --mixed"
    case .takeSamples(let count): "try --samples \(count)"
    case .takeSamplesOrMore(let count): "take --samples \(count) or more"
    case .takeTemperatures: "try more --temperatures"
    case .binarize: "to binarize: --binarize threshold or --binarize bernoulli"
    case .dequantize: "say --dequantize"
    case .choosePreparation: "say --divide-by and --binarize to decide"
    case .prepareAsInTraining(.scale): "try --divide-by or --axes, or another scale at import"
    case .prepareAsInTraining(.inversion): "try --divide-by or --axes here, or --invert at import"
    case .storeProbabilities(let activation):
      "store them as `probabilities` (at import: --likelihood bernoulli), or leave the \(activation.words) out"
    case .evaluateAlone(let example): "--examples \(example)..\(example + 1) evaluates it alone and says more"
    case .keepEstimates: "--output RESULTS.h5 keeps what every example yields"
    }
  }
}
