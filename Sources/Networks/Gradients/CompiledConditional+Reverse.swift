import CKernels

extension CompiledConditional {
  /// Rows that evaluating keeps: those of the trunk, then of each parameter.
  var keptRows: Int { programs.reduce(0) { $0 + $1.keptRows } }

  /// Evaluates every parameter and keeps what the reverse needs.
  func evaluateKeeping(_ input: Lanes, kept: UnsafeMutablePointer<Float>, _ k: ck_kernels) -> [ck_operand] {
    let hidden = trunk.runKeeping(input, kept: kept, k)
    var place = kept + trunk.keptRows * input.lanes
    return parameters.map { parameter in
      switch parameter {
      case .constant(let buffer, let rowStep, let form):
        return ck_operand(data: buffer.pointer, row_step: rowStep, lane_step: 0, form: form)
      case .program(let program, let form):
        let output = program.runKeeping(hidden, kept: place, k)
        place += program.keptRows * input.lanes
        return output.operand(form)
      }
    }
  }

  /// Room for the gradient of each parameter as it is stored; nil for a constant, unless they are asked for.
  func parameterGradients(lanes: Int, arena: inout Arena, constants: Bool = false) -> [Lanes?] {
    parameters.indices.map { slot in
      parameters[slot].program == nil && !constants ? nil : arena.take(rows: rows(ofParameter: slot), lanes: lanes)
    }
  }

  /// Writes the gradient of the input, given those of the parameters, which are used up.
  func reverse(
    _ gradients: [Lanes?], input: Lanes, kept: UnsafeMutablePointer<Float>, into target: Lanes, arena: inout Arena,
    weights: WeightSink? = nil, needsInput: Bool = true, _ k: ck_kernels
  ) {
    let mark = arena.used
    let hidden = trunk.keptOutput(input, kept: kept)
    let isDirect = trunk.steps.isEmpty
    let total = isDirect ? target : arena.take(rows: hidden.rows, lanes: input.lanes)
    let rest = arena.take(rows: hidden.rows, lanes: input.lanes)
    var place = kept + trunk.keptRows * input.lanes
    var isFirst = true
    for (parameter, gradient) in zip(parameters, gradients) {
      guard let program = parameter.program, let gradient else { continue }
      program.reverse(
        gradient, input: hidden, kept: place, into: isFirst ? total : rest, arena: &arena, weights: weights,
        needsInput: needsInput || !isDirect, k)
      if !isFirst { k.add(total.rows * total.lanes, rest.data, total.data) }
      isFirst = false
      place += program.keptRows * input.lanes
    }
    if isFirst { total.clear() }
    if !isDirect {
      trunk.reverse(
        total, input: input, kept: kept, into: target, arena: &arena, weights: weights, needsInput: needsInput, k)
    }
    arena.release(to: mark)
  }

  /// Rows of arena that the walk back takes.
  var reverseRows: Int { 2 * trunk.outputRows + (programs.map(\.reverseRows).max() ?? 0) }

  /// Rows of the parameters' gradients.
  var gradientRows: Int {
    parameters.indices.reduce(0) { $0 + (parameters[$1].program == nil ? 0 : rows(ofParameter: $1)) }
  }
}
