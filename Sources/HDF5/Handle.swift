import CHDF5

/// An identifier of libhdf5 that is given back when the last reference to it goes.
final class Handle: @unchecked Sendable {
  /// libhdf5's identifier; negative where the call that made it failed.
  let id: hid_t

  /// Takes over an identifier that a call has just returned.
  init(owning id: hid_t) { self.id = id }

  var isValid: Bool { id >= 0 }

  deinit {
    guard id >= 0 else { return }
    Library.locked {
      // Closing a file has closed everything in it.
      if H5Iis_valid(id) > 0 { H5Idec_ref(id) }
    }
  }
}
