/// What an evaluation saw besides its measurements: how the data are stored and were prepared, and what they are under the
/// model's likelihood. Safeguards look at it.
public struct EvaluationProfile: Sendable {
  /// Who asked for the preprocessing, and what was left out.
  public let preparation: Preparation
  /// What was found out about how the data are stored, in words.
  public let storageNotes: [String]
  /// Where whole numbers are taken as values of a density, what they were divided by.
  public let divisorOfIntegers: Double?
  /// What the model by itself gives reason for.
  public let modelConcerns: [Concern]
  /// Whether grey data met a Bernoulli likelihood, so that figures are a cross-entropy.
  public private(set) var isCrossEntropy = false
  private let isBernoulli: Bool
  private var fit: ConstantModelFit?

  /// A profile of no examples.
  public init(_ model: some LatentVariableModel, on data: Dataset) {
    let likelihood = model.elementLikelihood
    let source = data.source as? any FileSource
    preparation = data.preparation
    storageNotes = source?.notes ?? []
    modelConcerns = model.concerns
    let isCounted = source?.storesIntegers == true && !data.preprocessing.dequantize && likelihood?.isDensity == true
    divisorOfIntegers = isCounted ? data.preprocessing.divideBy : nil
    isBernoulli = likelihood?.distribution == .bernoulli
    fit = likelihood.map { ConstantModelFit($0) }
  }

  /// Whether examples need to be looked at.
  var looksAtExamples: Bool { fit != nil }

  /// Looks at examples: those of a dataset in their order, for the same bits.
  public mutating func add(_ batch: ExampleBatch) {
    guard fit != nil else { return }
    for position in 0..<batch.count { fit?.add(batch.values(at: position)) }
    if isBernoulli, !isCrossEntropy { isCrossEntropy = batch.values.contains { $0 > 0 && $0 < 1 } }
  }

  /// Adds what another evaluation of the same model on later examples saw.
  public mutating func merge(_ other: EvaluationProfile) {
    isCrossEntropy = isCrossEntropy || other.isCrossEntropy
    if let others = other.fit { fit?.merge(others) }
  }

  /// The model without latents that fits the examples best; nil where there are too few of them.
  public var constantModel: ConstantModel? { fit?.model }
}
