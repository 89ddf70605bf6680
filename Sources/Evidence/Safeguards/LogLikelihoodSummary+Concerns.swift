extension LogLikelihoodSummary {
  /// What the figures should be read with, the gravest first.
  public var concerns: [Concern] {
    var concerns: [Concern] = []
    if let steps = profile?.preparation.leftOut { concerns.append(.dataTakenAsStored(leavingOut: steps)) }
    concerns += profile?.storageNotes.map { .storage($0) } ?? []
    if let divisor = profile?.divisorOfIntegers { concerns.append(.integersAsDensity(dividedBy: divisor)) }
    concerns += profile?.modelConcerns ?? []
    if let constant = constantModel, constant.isFarAbove(mean) {
      concerns.append(.worseThanConstant(mean: mean, constant: constant))
    }
    if isCrossEntropy { concerns.append(.crossEntropy) }
    return concerns + concernsOfDraws
  }

  /// Those that the measurements alone show.
  public var concernsOfDraws: [Concern] {
    var concerns: [Concern] = []
    if nonFiniteExamples > 0 {
      concerns.append(.nonFiniteExamples(nonFiniteExamples, of: examples, first: firstNonFiniteExamples))
    }
    if nonFiniteWeights > 0 { concerns.append(.nonFiniteWeights(nonFiniteWeights)) }
    if zeroWeights > 0 { concerns.append(.zeroWeights(zeroWeights)) }
    let annealed = rungs[Rung.annealed.rawValue] ?? 0
    if lowChainExamples > 0 { concerns.append(.fewEffectiveChains(lowChainExamples, of: annealed)) }
    guard hasWeights else { return concerns }
    if unreliableExamples + lowSampleSizeExamples + saturatedExamples > 0 {
      concerns.append(
        .unsure(
          UnsureEstimates(
            count: examples, unreliable: unreliableExamples, threshold: paretoThreshold,
            largestShape: paretoK.maximum.isNaN ? nil : paretoK.maximum,
            lowSampleSize: lowSampleSizeExamples, saturated: saturatedExamples)))
    }
    if paretoK.maximum.isNaN, annealed < examples { concerns.append(.undefinedShape) }
    return concerns
  }

  /// Whether grey data met a Bernoulli likelihood, so that the figures are a cross-entropy.
  public var isCrossEntropy: Bool { profile?.isCrossEntropy ?? false }

  /// The model without latents that fits the examples best; nil where that is not known.
  public var constantModel: ConstantModel? { profile?.constantModel }
}
