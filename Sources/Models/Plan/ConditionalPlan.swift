/// A conditional distribution whose networks fit what it is given.
package struct ConditionalPlan: Sendable {
  package let distribution: Distribution
  /// The numbers of the variables it is fed with.
  package let given: [Int]
  /// Elements of the variable.
  package let size: Int
  /// Classes or mixture components for each element.
  package let components: Int
  package let bins: Int
  package let trunk: StackPlan
  /// In the order in which the density takes them.
  package let parameters: [ParameterPlan]
  /// Whether the variable is given as runs of `components` elements, one of them 1 and the others 0.
  package let isOneHot: Bool
  /// What the mean is multiplied by.
  package let exposure: ExposurePlan?
  /// Added to mean and dispersion inside logarithms.
  package let epsilon: Double
  /// Steps applied to the sample of a posterior, in order.
  package internal(set) var flow: [FlowStepPlan] = []

  /// Multiply-adds of every parameter for one input.
  package var multiplyAdds: Int {
    trunk.multiplyAdds + parameters.reduce(0) { $0 + ($1.stack?.multiplyAdds ?? 0) }
  }
}

/// A parameter of a conditional.
package struct ParameterPlan: Sendable {
  /// What the numbers mean. Probabilities behind a sigmoid are read as logits.
  package let name: ParameterName
  package let source: Source

  package enum Source: Sendable {
    case constant(Tensor)
    case stack(StackPlan)
    /// One constant for each category, whose columns are those of what is known of an example.
    case table(Tensor, columns: Range<Int>)
  }

  var stack: StackPlan? {
    if case .stack(let stack) = source { stack } else { nil }
  }

  var count: Int {
    switch source {
    case .constant(let tensor): tensor.count
    case .stack(let stack): stack.outputCount
    case .table(let tensor, let columns): tensor.count / columns.count
    }
  }
}

/// What the mean of a likelihood is multiplied by: a column of what is known of an example.
package struct ExposurePlan: Sendable {
  package let column: Int
  /// Whether the stack's output is to be normalized by a softmax, which is taken in logarithms: the parameter is the
  /// logarithm then.
  package let isNormalized: Bool
}

/// A step of a flow whose networks fit the latents.
package enum FlowStepPlan: Sendable {
  /// z + u · tanh(w·z + b).
  case planar(u: Tensor, w: Tensor, b: Float)
  /// The elements in `changed` become z · exp(logScale) + shift, both computed from the elements in `kept`, the others
  /// zero.
  case affine(kept: [Int], changed: [Int], shift: StackPlan, logScale: StackPlan)

  var multiplyAdds: Int {
    switch self {
    case .planar(let u, _, _): 2 * u.count
    case .affine(_, _, let shift, let logScale): shift.multiplyAdds + logScale.multiplyAdds
    }
  }
}
