import Evidence
import JSON
import Models
import Wording

extension Inputs {
  /// The `model` of every command's JSON.
  var modelJSON: JSONValue {
    let value: JSONValue = [
      "path": .string(modelPath),
      "name": JSONValue(model.description.about.name),
      "sha256": JSONValue(modelDigest.known),
      "latents": JSONValue(model.latentCounts),
      "likelihood": .string(model.likelihood.rawValue),
    ]
    return model.plan.covariates.words == nil
      ? value : value.appending(["density": .string(model.description.modelledDensity)])
  }

  /// The `data` of every command's JSON.
  var dataJSON: JSONValue {
    [
      "path": .string(source.file),
      "dataset": .string(source.path),
      "sha256": JSONValue(dataDigest.known),
      "examples": .integer(examples.count),
      "range": JSONValue([examples.lowerBound, examples.upperBound]),
      "binarize": .string(data.preprocessing.binarize.rawValue),
      "divideBy": .number(data.preprocessing.divideBy),
      "dequantize": .bool(data.preprocessing.dequantize),
      "origins": [
        "binarize": .string(data.preparation.binarize.words),
        "divideBy": .string(data.preparation.divideBy.words),
        "dequantize": .string(data.preparation.dequantize.words),
      ],
    ]
  }

  /// The lines about model and data at the head of every command's text, as label and words.
  var header: [(label: String, words: String)] {
    let description = model.description
    let latents = zip(1..., model.latentCounts).map { "z\($0) \($1)" }.joined(separator: ", ")
    let name = description.about.name.map { [("", $0)] } ?? []
    let range =
      examples.count == source.count ? "" : ", \(examples.lowerBound)..\(examples.upperBound) of \(source.count)"
    return [("model", Text.path(modelPath))] + name + [
      ("", "\(latents) → x \(Text.shape(description.input.shape)) \(model.likelihood.rawValue)")
    ] + condition + [
      ("data", Text.path("\(source.file):\(source.path)")),
      ("", Text.counted(examples.count, "example") + " of \(Text.shape(source.exampleShape))" + range),
      ("", preprocessingWords),
    ]
  }

  /// What x is conditioned on, if it is.
  private var condition: [(label: String, words: String)] {
    model.plan.covariates.words.map { [("", "given \($0): \(model.description.modelledDensity)")] } ?? []
  }

  /// What happens to an example, and who asked for it: `divide by 16, binarize by threshold (model file)`.
  private var preprocessingWords: String {
    var steps: [(words: String, origin: Preparation.Origin)] = []
    let (preprocessing, origins) = (data.preprocessing, data.preparation)
    if preprocessing.dequantize || origins.dequantize == .caller {
      steps.append((preprocessing.dequantize ? "dequantize" : "not dequantized", origins.dequantize))
    }
    if preprocessing.divideBy != 1 || origins.divideBy == .caller {
      steps.append(("divide by " + Text.plain(preprocessing.divideBy), origins.divideBy))
    }
    switch preprocessing.binarize {
    case .none: if origins.binarize == .caller { steps.append(("not binarized", origins.binarize)) }
    case .threshold: steps.append(("binarize by threshold", origins.binarize))
    case .bernoulli: steps.append(("binarize at random", origins.binarize))
    }
    guard let first = steps.first else {
      return origins.leftOut == nil ? "taken as stored" : "taken as stored (0 and 1 already)"
    }
    if steps.allSatisfy({ $0.origin == first.origin }) {
      return steps.map(\.words).joined(separator: ", ") + " (\(first.origin.words))"
    }
    return steps.map { "\($0.words) (\($0.origin.words))" }.joined(separator: ", ")
  }
}

extension Preparation.Origin {
  /// As the JSON and the text have it.
  var words: String {
    switch self {
    case .caller: "command line"
    case .modelFile: "model file"
    case .data: "data"
    case .nobody: "default"
    }
  }
}
