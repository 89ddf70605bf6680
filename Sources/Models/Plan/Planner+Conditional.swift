extension Planner {
  /// Plans a conditional whose input has the given shape; `size` is the variable's element count where it is known (for
  /// a posterior, the mean decides).
  ///
  /// - Parameter lastAxis: Of x: the classes, where the data are one-hot.
  mutating func plan(
    _ conditional: Conditional, input: [Int], size known: Int?, lastAxis: Int? = nil, path: String
  ) -> ConditionalPlan? {
    let stored = conditional
    guard columns(conditional.covariates, path: path) != nil, let exposure = plan(exposureOf: conditional, path: path)
    else { return nil }
    let conditional = conditional.readingSigmoidsAsLogits().droppingSoftmax(exposure)
    let joined = conditional.covariates
    let input = joined.isEmpty ? input : [input.reduce(1, *)]
    var trunk = StackPlan(input: input)
    if let stack = conditional.trunk {
      guard let planned = plan(stack, input: input, joining: joined, path: path + "/trunk") else { return nil }
      trunk = planned
    }
    var parameters: [ParameterPlan] = []
    for alternatives in conditional.distribution.parameters {
      let names = alternatives.filter { conditional.parameters[$0] != nil }
      guard names.count == 1, let name = names.first, let parameter = conditional.parameters[name] else {
        let expected = alternatives.map(\.rawValue).joined(separator: ", ")
        let found = names.isEmpty ? "none" : names.map(\.rawValue).joined(separator: ", ")
        report(path, "\(conditional.distribution.rawValue) takes exactly one of \(expected); found \(found)")
        return nil
      }
      switch parameter {
      case .constant(let tensor):
        guard let source = plan(tensor, path: "\(path)/\(name.rawValue)") else { return nil }
        parameters.append(ParameterPlan(name: name, source: source))
      case .stack(let stack):
        let storedName = alternatives.first { stored.parameters[$0] != nil } ?? name
        guard
          let planned = plan(
            stack, input: trunk.output, joining: conditional.trunk == nil ? joined : [],
            path: "\(path)/\(storedName.rawValue)")
        else { return nil }
        parameters.append(ParameterPlan(name: name, source: .stack(planned)))
      }
    }
    guard let first = parameters.first else { return nil }
    // As many logits as elements of x: of each run along the last axis, one element is 1.
    let isOneHot = conditional.distribution == .categorical && first.count == known && lastAxis ?? 1 > 1
    let size = isOneHot ? first.count / (lastAxis ?? 1) : known ?? first.count
    guard size > 0 else {
      report("\(path)/\(first.name.rawValue)", "expected at least one element, found none")
      return nil
    }
    let hasComponents = conditional.distribution == .categorical || conditional.distribution == .logisticMixture
    var components = 1
    if hasComponents {
      guard first.count % size == 0, first.count > 0 else {
        report("\(path)/\(first.name.rawValue)", "expected a multiple of \(size) elements, found \(first.count)")
        return nil
      }
      components = first.count / size
    }
    for (slot, parameter) in parameters.enumerated() {
      let expected = conditional.distribution == .fullNormal && slot == 1 ? size * size : size * components
      let isScalar = parameter.count == 1 && parameter.stack == nil && parameter.name != .scaleTril
      guard parameter.count == expected || isScalar else {
        report("\(path)/\(parameter.name.rawValue)", "expected \(expected) elements, found \(parameter.count)")
        return nil
      }
    }
    return ConditionalPlan(
      distribution: conditional.distribution, given: conditional.given, size: size, components: components,
      bins: conditional.bins, trunk: trunk, parameters: parameters, isOneHot: isOneHot, exposure: exposure.plan,
      epsilon: conditional.epsilon)
  }
}

extension Conditional {
  /// Probabilities out of a final sigmoid become logits, so that nothing is clamped and no tail is lost.
  fileprivate func readingSigmoidsAsLogits() -> Conditional {
    guard distribution == .bernoulli || distribution == .continuousBernoulli, parameters[.logits] == nil,
      case .stack(var stack)? = parameters[.probabilities]
    else { return self }
    var result = self
    switch stack.dropFinalSigmoid() {
    case .dropped: break
    case .other: return self
    case .none:
      guard var trunk, trunk.dropFinalSigmoid() == .dropped else { return self }
      result.trunk = trunk
    }
    result.parameters = [.logits: .stack(stack)]
    return result
  }
}

extension Stack {
  fileprivate enum FinalActivation { case dropped, other, none }

  /// Drops a sigmoid after which elements are only moved. None: the stack does nothing but move elements.
  fileprivate mutating func dropFinalSigmoid() -> FinalActivation {
    for index in layers.indices.reversed() {
      if layers[index].activation == .sigmoid {
        layers[index].activation = .identity
        return .dropped
      }
      guard layers[index].activation == .identity, layers[index].operation.onlyMovesElements else { return .other }
    }
    return .none
  }
}

extension Layer.Operation {
  /// Whether every output element is one of the input's, so that an elementwise function before it could follow it.
  fileprivate var onlyMovesElements: Bool {
    switch self {
    case .activation, .flatten, .reshape, .crop: true
    case .upsampling(let layer): layer.mode == .nearest
    default: false
    }
  }
}
