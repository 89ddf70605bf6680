extension Planner {
  /// Plans the steps of a flow over `units` latents; nil after a problem.
  package mutating func plan(_ flow: [FlowStep], units: Int, path: String) -> [FlowStepPlan]? {
    var steps: [FlowStepPlan] = []
    for (index, step) in flow.enumerated() {
      guard let planned = plan(step, units: units, path: "\(path)/flow/\(index)") else { return nil }
      steps.append(planned)
    }
    return steps
  }

  private mutating func plan(_ step: FlowStep, units: Int, path: String) -> FlowStepPlan? {
    switch step {
    case .planar(let u, let w, let b):
      guard check(u, units, "\(path)/u"), check(w, units, "\(path)/w") else { return nil }
      return .planar(u: u, w: w, b: b)
    case .affineCoupling(let mask, let shift, let logScale):
      guard check(mask, units, "\(path)/mask") else { return nil }
      guard mask.values.allSatisfy({ $0 == 0 || $0 == 1 }) else {
        report("\(path)/mask", "a mask is made of zeros and ones")
        return nil
      }
      guard let shift = plan(shift, units: units, path: "\(path)/shift"),
        let logScale = plan(logScale, units: units, path: "\(path)/log_scale")
      else { return nil }
      return .affine(
        kept: (0..<units).filter { mask.values[$0] == 1 }, changed: (0..<units).filter { mask.values[$0] == 0 },
        shift: shift, logScale: logScale)
    case .inverseAutoregressive(let shift, let logScale):
      guard let shiftPlan = plan(shift, units: units, path: "\(path)/shift"),
        let scalePlan = plan(logScale, units: units, path: "\(path)/log_scale"),
        let first = dependencies(shift, units: units, path: "\(path)/shift"),
        let second = dependencies(logScale, units: units, path: "\(path)/log_scale")
      else { return nil }
      guard isTriangular(zip(first, second).map { zip($0, $1).map { $0 || $1 } }) else {
        report(path, "shift and log_scale are autoregressive in no order of the latents: their kernels are not masked")
        return nil
      }
      let all = Array(0..<units)
      return .affine(kept: all, changed: all, shift: shiftPlan, logScale: scalePlan)
    }
  }

  private mutating func check(_ tensor: Tensor, _ units: Int, _ path: String) -> Bool {
    if tensor.count == units { return true }
    report(path, "expected \(units) elements, found \(tensor.count)")
    return false
  }

  /// A stack from all latents to one number for each.
  private mutating func plan(_ stack: Stack, units: Int, path: String) -> StackPlan? {
    guard let plan = plan(stack, input: [units], path: path) else { return nil }
    guard plan.outputCount == units else {
      report(path, "expected \(units) elements, found \(plan.outputCount)")
      return nil
    }
    return plan
  }

  /// For each output of a stack of dense layers, the inputs that it depends on through weights other than zero.
  private mutating func dependencies(_ stack: Stack, units: Int, path: String) -> [[Bool]]? {
    var result = (0..<units).map { output in (0..<units).map { $0 == output } }
    for (index, layer) in stack.layers.enumerated() {
      switch layer.operation {
      case .dense(let dense):
        let inputs = result.count
        // Covariates, whose columns come last, are no latents.
        let stride = dense.layout == .weight ? dense.weight.shape[1] : dense.weight.shape[0]
        let outputs = dense.weight.count / max(1, stride)
        result = (0..<outputs).map { output in
          var row = [Bool](repeating: false, count: units)
          for input in 0..<inputs {
            let place = dense.layout == .weight ? output * stride + input : input * outputs + output
            guard dense.weight.values[place] != 0 else { continue }
            for unit in 0..<units where result[input][unit] { row[unit] = true }
          }
          return row
        }
      case .batchNormalization, .activation, .flatten, .reshape: break
      default:
        report(
          "\(path)/\(index)", "an autoregressive stack is made of dense layers; found \(layer.operation.name)")
        return nil
      }
      if layer.activation == .softmax {
        report("\(path)/\(index)", "softmax makes every latent depend on every other: the flow is not autoregressive")
        return nil
      }
    }
    return result
  }

  /// Whether some order of the latents has each depend on earlier ones alone.
  private func isTriangular(_ dependencies: [[Bool]]) -> Bool {
    var remaining = Array(dependencies.indices)
    while let free = remaining.first(where: { unit in !remaining.contains { dependencies[unit][$0] } }) {
      remaining.removeAll { $0 == free }
    }
    return remaining.isEmpty
  }
}
