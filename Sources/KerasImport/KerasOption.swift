/// One of the options of an import; `draft` is `KerasImport.draft`.
public enum KerasOption: String, Sendable, CaseIterable {
  /// As the property of `KerasImportOptions` of that name.
  case mean, logVariance, logScale, scale, splitHead, encoder, decoder, likelihood, inputShape, divideBy, draft

  /// What a Swift script calls the option: `options.splitHead`.
  public var scriptName: String { "options.\(rawValue)" }
}

/// What an import needs to be told: a value, worded by whoever asked for it.
public enum KerasRemedy: Sendable, Equatable {
  /// Name the model, or the file, that is the encoder, and the one that is the decoder.
  case nameModels
  /// Give the files of both models, or name them.
  case giveBothModels
  /// Name the layers of the posterior's mean and scale, or the one that holds both.
  case nameHeads
  /// Name the layer that holds both mean and scale.
  case nameSplitHead
  /// Say what a layer computes: the logarithm of the variance, that of the scale, or the scale; nil for the one at fault.
  case nameScale(layer: String?)
  /// Say the shape of an example.
  case sayInputShape
  /// Say the likelihood: one of `KerasLikelihood.choices`.
  case sayLikelihood
  /// Complete weights by the JSON of their model, or by a short description, which `KerasImport.draft` begins.
  case describe

  /// What to do, with each option called as the caller calls it.
  public func words(calling name: (KerasOption) -> String) -> String {
    let scales = "\(name(.logVariance)), \(name(.logScale)) or \(name(.scale))"
    let models = "\(name(.encoder)) and \(name(.decoder))"
    return switch self {
    case .nameModels: models
    case .giveBothModels: "encoder and decoder: give both files, or name the models with \(models)"
    case .nameHeads: "\(name(.mean)) and \(name(.logVariance)) (or \(name(.scale))), or \(name(.splitHead))"
    case .nameSplitHead: "\(name(.splitHead)) for a layer that holds both"
    case .nameScale(let layer): scales + (layer.map { " \($0)" } ?? "") + " to say what it is"
    case .sayInputShape: name(.inputShape)
    case .sayLikelihood: "\(name(.likelihood)) " + KerasLikelihood.choices.joined(separator: ", ")
    case .describe:
      "the JSON of model.to_json() beside it, or a short description, of which \(name(.draft)) writes what can be told"
    }
  }
}
