// Every native declaration is blittable: the runtime's own marshalling must never step in unseen.
[assembly: System.Runtime.CompilerServices.DisableRuntimeMarshalling]
