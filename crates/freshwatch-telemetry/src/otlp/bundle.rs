//! Spans or log records as OTLP requests: encoded when they come, framed when enough of them have.

use prost::Message;

use super::encode::{Batch, origin};
use super::wire::{self, FRAME};
use crate::resource::Resource;

/// So many of them are a request: what the batch processors of OpenTelemetry send at once.
const MOST_ITEMS: usize = 512;

/// The most bytes of a request before compression: an eighth of what the smallest receivers take.
const MOST_BYTES: usize = 512 << 10;

/// Requests of one resource. Traces and logs have the same frame: `ExportTraceServiceRequest` and
/// `ExportLogsServiceRequest` differ in nothing but what is in it.
pub(crate) struct Bundle {
    /// The resource and the scope, each in its frame.
    resource: Vec<u8>,
    scope: Vec<u8>,
    items: Vec<u8>,
    count: usize,
}

impl Bundle {
    /// An empty one of this resource.
    pub(crate) fn new(resource: &Resource) -> Self {
        let (resource, scope) = origin(resource);
        Self {
            resource,
            scope,
            items: Vec::new(),
            count: 0,
        }
    }

    /// Takes one in; gives the request that it no longer fits into. One that is too large alone is sent alone.
    pub(crate) fn push(&mut self, item: &impl Message) -> Option<Batch> {
        let encoded = item.encode_to_vec();
        let is_full = self.count == MOST_ITEMS || self.items.len() + encoded.len() + FRAME > MOST_BYTES;
        let full = if is_full { self.finish() } else { None };
        wire::bytes(&mut self.items, wire::ITEM, &encoded);
        self.count += 1;
        full
    }

    /// Whether nothing was taken in since the last request.
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The request of what was taken in since the last; none when nothing was.
    pub(crate) fn finish(&mut self) -> Option<Batch> {
        let points = std::mem::take(&mut self.count);
        if points == 0 {
            return None;
        }
        let of_scope = self.scope.len() + self.items.len();
        let of_resource = self.resource.len() + wire::framed(of_scope);
        let mut body = Vec::with_capacity(wire::framed(of_resource));
        wire::open(&mut body, wire::OF_RESOURCE, of_resource);
        body.extend_from_slice(&self.resource);
        wire::open(&mut body, wire::OF_SCOPE, of_scope);
        body.extend_from_slice(&self.scope);
        body.extend_from_slice(&self.items);
        self.items.clear();
        Some(Batch {
            body: body.into(),
            points,
        })
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::trace::v1::Span;
    use prost::Message;

    use super::{Bundle, MOST_BYTES, MOST_ITEMS};
    use crate::sample::resource;

    /// Bundles spans of these names; gives the names by request.
    fn bundle(names: &[String]) -> Vec<Vec<String>> {
        let mut bundle = Bundle::new(&resource());
        let span = |name: &String| Span {
            name: name.clone(),
            ..Span::default()
        };
        let mut batches: Vec<_> = names.iter().filter_map(|name| bundle.push(&span(name))).collect();
        batches.extend(bundle.finish());
        assert!(bundle.is_empty() && bundle.finish().is_none());
        let named = batches.iter().map(|batch| {
            let request = ExportTraceServiceRequest::decode(batch.body.clone()).unwrap();
            let [of] = <[_; 1]>::try_from(request.resource_spans).unwrap();
            assert_eq!(of.resource.unwrap().attributes.len(), 3);
            let [scope] = <[_; 1]>::try_from(of.scope_spans).unwrap();
            assert_eq!(scope.scope.unwrap().name, "freshwatch");
            assert_eq!(scope.spans.len(), batch.points);
            scope.spans.into_iter().map(|span| span.name).collect()
        });
        named.collect()
    }

    #[test]
    fn they_are_cut_by_number_and_by_size_and_none_is_lost() {
        let many: Vec<_> = (0..1500).map(|nth| nth.to_string()).collect();
        let requests = bundle(&many);
        let sizes: Vec<_> = requests.iter().map(Vec::len).collect();
        assert_eq!(sizes, [MOST_ITEMS, MOST_ITEMS, 1500 - 2 * MOST_ITEMS]);
        assert_eq!(requests.concat(), many);
        let large = vec!["x".repeat(MOST_BYTES / 3); 4];
        let sizes: Vec<_> = bundle(&large).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 2]);
        assert_eq!(bundle(&["x".repeat(MOST_BYTES), "y".to_owned()]).len(), 2);
    }
}
