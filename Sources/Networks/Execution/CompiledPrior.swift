import CKernels
import Models

/// p(z_L) compiled: components with constant parameters.
enum CompiledPrior: Sendable {
  case standardNormal
  case normal(Component)
  case mixture(logWeights: [Double], [Component])

  /// An independent (or, with `triangle`, a full) distribution with constant parameters.
  struct Component: Sendable {
    let distribution: Distribution
    let mean: AlignedBuffer
    let scale: AlignedBuffer
    let form: ck_form

    var meanOperand: ck_operand { ck_operand(data: mean.pointer, row_step: 1, lane_step: 0, form: CK_DIRECT) }
    var scaleOperand: ck_operand {
      ck_operand(data: scale.pointer, row_step: scale.count == 1 ? 0 : 1, lane_step: 0, form: form)
    }
  }
}

extension Compiler {
  /// Compiles the prior of a top layer with `units` latents. A VampPrior runs the encoder on its pseudo-inputs, once.
  mutating func compile(_ prior: Prior, units: Int, encoder: CompiledConditional, layers: Int, _ k: ck_kernels)
    -> CompiledPrior?
  {
    switch prior {
    case .standardNormal: return .standardNormal
    case .normal(let mean, let name, let scale):
      guard checkScale(name), check(mean, [units], "mean"), check(scale, [units], name.rawValue) else { return nil }
      return .normal(
        .init(
          distribution: .normal, mean: AlignedBuffer(mean.values), scale: AlignedBuffer(scale.values),
          form: name.form.kernelForm))
    case .normalMixture(let logits, let mean, let name, let scale):
      let count = mean.shape.first ?? 0
      guard checkScale(name), check(mean, [max(1, count), units], "mean"),
        check(scale, [count, units], name.rawValue), let logWeights = logWeights(logits, count)
      else { return nil }
      return .mixture(
        logWeights: logWeights,
        (0..<count).map { c in
          .init(
            distribution: .normal, mean: AlignedBuffer(Array(mean.values[c * units..<(c + 1) * units])),
            scale: AlignedBuffer(Array(scale.values[c * units..<(c + 1) * units])), form: name.form.kernelForm)
        })
    case .vampPrior(let logits, let pseudoInputs):
      let count = pseudoInputs.shape.first ?? 0
      let size = encoder.inputRows
      guard layers == 1 else {
        report("/prior", "a vamp prior needs a model of one stochastic layer; this one has \(layers)")
        return nil
      }
      guard encoder.flow.isEmpty else {
        report(
          "/prior",
          "a vamp prior needs the density of q(z|u) at any z; a posterior with a flow gives it at its own samples alone"
        )
        return nil
      }
      guard count > 0, pseudoInputs.count == count * size else {
        report("/prior/pseudo_inputs", "expected [c, …] with \(size) elements each, found \(pseudoInputs.shape)")
        return nil
      }
      guard let logWeights = logWeights(logits, count) else { return nil }
      return .mixture(logWeights: logWeights, posteriors(of: pseudoInputs, count: count, encoder, k))
    }
  }

  private mutating func checkScale(_ name: ParameterName) -> Bool {
    if Distribution.normal.parameters[1].contains(name) { return true }
    report("/prior/\(name.rawValue)", "not a scale: expected log_variance, log_scale, scale or variance")
    return false
  }

  private mutating func check(_ tensor: Tensor, _ shape: [Int], _ name: String) -> Bool {
    if tensor.shape == shape { return true }
    report("/prior/\(name)", "expected shape \(shape), found \(tensor.shape)")
    return false
  }

  private mutating func logWeights(_ logits: Tensor?, _ count: Int) -> [Double]? {
    guard let logits else { return [Double](repeating: -Double(count).logarithm, count: count) }
    guard check(logits, [count], "logits") else { return nil }
    let largest = Double(logits.values.max() ?? 0)
    let total = logits.values.reduce(0) { $0 + (Double($1) - largest).exponential }
    return logits.values.map { Double($0) - largest - total.logarithm }
  }

  /// q(z | u_c) for each pseudo-input, a few at a time.
  private func posteriors(of inputs: Tensor, count: Int, _ encoder: CompiledConditional, _ k: ck_kernels)
    -> [CompiledPrior.Component]
  {
    let lanes = encoder.preferredLanes
    let size = encoder.inputRows
    var arena = Arena(capacity: (size + encoder.arenaRows) * lanes)
    let matrix = arena.take(rows: size, lanes: lanes)
    let mark = arena.used
    var components: [CompiledPrior.Component] = []
    for first in stride(from: 0, to: count, by: lanes) {
      let chunk = first..<min(first + lanes, count)
      matrix.data.update(repeating: 0, count: size * lanes)
      for c in chunk {
        for row in 0..<size { matrix.data[row * lanes + c - first] = inputs.values[c * size + row] }
      }
      let operands = encoder.evaluate(matrix, arena: &arena, k)
      for lane in 0..<chunk.count {
        let columns = operands.enumerated().map { slot, operand in
          AlignedBuffer(
            (0..<encoder.rows(ofParameter: slot)).map {
              operand.data[$0 * operand.row_step + lane * operand.lane_step]
            })
        }
        components.append(
          .init(distribution: encoder.distribution, mean: columns[0], scale: columns[1], form: operands[1].form))
      }
      arena.release(to: mark)
    }
    return components
  }
}
