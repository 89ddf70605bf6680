import CKernels

extension Program {
  /// Runs the program; the result lies in the arena, or is the input itself for the identity.
  func run(_ input: Lanes, arena: inout Arena, _ k: ck_kernels) -> Lanes {
    var current = input
    var ownsBuffer = false
    let lanes = input.lanes
    for step in steps {
      switch step {
      case .dense(let dense):
        let output = arena.take(rows: dense.outputs * dense.positions, lanes: lanes)
        for position in 0..<dense.positions {
          dense.run(
            rows: 0..<dense.outputs, input: current.data + position * dense.inputs * lanes, lanes: lanes,
            output: output.data + position * dense.outputs * lanes, k)
        }
        current = output
      case .activate(let activations):
        current = ownsBuffer ? current : copy(current, &arena)
        for activation in activations { k.activate(activation, current.data, current.rows * lanes) }
      case .softmax(let classes):
        current = ownsBuffer ? current : copy(current, &arena)
        k.softmax(current.rows / classes, classes, lanes, current.data)
      case .affine(let scale, let offset):
        current = ownsBuffer ? current : copy(current, &arena)
        k.affine(current.rows, lanes, scale.pointer, offset.pointer, current.data)
      case .normalize(let size, let epsilon, let scale, let offset):
        current = ownsBuffer ? current : copy(current, &arena)
        k.layer_norm(current.rows / size, size, lanes, epsilon, scale.pointer, offset.pointer, current.data)
      case .residual(let body, let shortcut):
        let sum = arena.take(rows: body.outputRows, lanes: lanes)
        let mark = arena.used
        sum.data.update(from: body.run(current, arena: &arena, k).data, count: sum.rows * lanes)
        k.add(sum.rows * lanes, shortcut.run(current, arena: &arena, k).data, sum.data)
        arena.release(to: mark)
        current = sum
      case .concatenate(let branches, let outputRows):
        let output = arena.take(rows: outputRows, lanes: lanes)
        let mark = arena.used
        for (program, rows) in branches {
          let part = program.run(current, arena: &arena, k)
          for (from, to) in rows.enumerated() {
            (output.data + to * lanes).update(from: part.data + from * lanes, count: lanes)
          }
          arena.release(to: mark)
        }
        current = output
      }
      ownsBuffer = true
    }
    return current
  }

  private func copy(_ input: Lanes, _ arena: inout Arena) -> Lanes {
    let output = arena.take(rows: input.rows, lanes: input.lanes)
    output.data.update(from: input.data, count: input.rows * input.lanes)
    return output
  }
}
