import Statistics

extension Concern {
  /// What can be done about it, for whoever words it; empty where there is nothing to do but to know.
  ///
  /// - Parameter samples: Draws that were taken of each example.
  public func remedies(samples: Int) -> [Remedy] {
    switch self {
    case .storage, .untrainedModel, .nonFiniteWeights, .zeroWeights: []
    case .dataTakenAsStored: [.choosePreparation]
    case .integersAsDensity: [.dequantize]
    case .logitsOfActivation(let activation): [.storeProbabilities(insteadOf: activation)]
    case .worseThanConstant(_, let constant):
      [.prepareAsInTraining(else: constant.densityElements != nil ? .scale : .inversion)]
    case .crossEntropy: [.binarize]
    case .nonFiniteExamples(_, _, let first): first.prefix(1).map { .evaluateAlone(example: $0) } + [.keepEstimates]
    case .unsure: [.takeSamples(Self.tenTimes(samples))]
    case .undefinedShape: [.takeSamplesOrMore(100)]
    case .fewEffectiveChains: [.takeTemperatures]
    }
  }

  private static func tenTimes(_ samples: Int) -> Int {
    let (product, overflow) = samples.multipliedReportingOverflow(by: 10)
    return overflow ? samples : product
  }
}
