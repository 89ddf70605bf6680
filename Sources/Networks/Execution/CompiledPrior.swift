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
  /// The prior of a top layer with `units` latents. A VampPrior runs the encoder on its pseudo-inputs, once.
  func compile(_ prior: Prior, units: Int, encoder: CompiledConditional, _ k: ck_kernels) -> CompiledPrior {
    switch prior {
    case .standardNormal: return .standardNormal
    case .normal(let mean, let name, let scale):
      return .normal(
        .init(
          distribution: .normal, mean: AlignedBuffer(mean.values), scale: AlignedBuffer(scale.values),
          form: name.form.kernelForm))
    case .normalMixture(let logits, let mean, let name, let scale):
      let count = mean.shape.first ?? 0
      return .mixture(
        logWeights: logWeights(logits, count),
        (0..<count).map { c in
          .init(
            distribution: .normal, mean: AlignedBuffer(Array(mean.values[c * units..<(c + 1) * units])),
            scale: AlignedBuffer(Array(scale.values[c * units..<(c + 1) * units])), form: name.form.kernelForm)
        })
    case .vampPrior(let logits, let pseudoInputs):
      let count = pseudoInputs.shape.first ?? 0
      return .mixture(
        logWeights: logWeights(logits, count), posteriors(of: pseudoInputs, count: count, encoder, k))
    }
  }

  private func logWeights(_ logits: Tensor?, _ count: Int) -> [Double] {
    guard let logits else { return [Double](repeating: -Double(count).logarithm, count: count) }
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
      inputs.values.withUnsafeBufferPointer { values in
        guard let start = values.baseAddress else { return }
        ck_lanes_of_examples(chunk.count, size, start + chunk.lowerBound * size, lanes, matrix.data)
      }
      let operands = encoder.evaluate(matrix, arena: &arena, k)
      for place in 0..<chunk.count {
        let columns = operands.enumerated().map { slot, operand in
          let column = AlignedBuffer(count: encoder.rows(ofParameter: slot))
          ck_copy_lanes(column.count, 1, operand.from(lane: place), 1, column.pointer)
          return column
        }
        components.append(
          .init(distribution: encoder.distribution, mean: columns[0], scale: columns[1], form: operands[1].form))
      }
      arena.release(to: mark)
    }
    return components
  }
}
