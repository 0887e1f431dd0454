#include "tests/agent/fake_service.h"

#include <utility>

#include "agent/host_key.h"
#include "core/bytes.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace certbroker::agent {
namespace {

constexpr std::int64_t kOrderTime = 1'795'246'200;  // 2026-11-21T07:30:00Z
constexpr const char* kToken = "token-1";

v1::BrokerMessage Wanted(const std::string& order) {
  v1::BrokerMessage message;
  auto& wanted = *message.mutable_present_challenge();
  wanted.set_order(order);
  wanted.set_type("http-01");
  wanted.set_identifier("app.test");
  wanted.set_token(kToken);
  wanted.set_key_authorization("token-1.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
  return message;
}

grpc::Status Refusal(grpc::StatusCode code, const std::string& reason) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("certbroker");
  google::rpc::Status status;
  status.set_code(code);
  status.add_details()->PackFrom(info);
  return {code, "", status.SerializeAsString()};
}

bool IsOver(const v1::Order& order) { return order.state() >= v1::ORDER_STATE_ISSUED; }

}  // namespace

FakeService::FakeService() {
  grpc::ServerBuilder builder;
  builder.RegisterService(static_cast<v1::CertificateService::Service*>(this));
  builder.RegisterService(static_cast<v1::OrderService::Service*>(this));
  builder.RegisterService(static_cast<v1::AgentService::Service*>(this));
  server_ = builder.BuildAndStart();
}

FakeService::~FakeService() {
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

std::shared_ptr<grpc::Channel> FakeService::Channel() {
  return server_->InProcessChannel(grpc::ChannelArguments());
}

std::vector<v1::IssueCertificateRequest> FakeService::issues() const {
  const std::lock_guard lock(mutex_);
  return issues_;
}
std::vector<std::string> FakeService::request_ids() const {
  const std::lock_guard lock(mutex_);
  return request_ids_;
}
std::vector<v1::CancelOrderRequest> FakeService::cancellations() const {
  const std::lock_guard lock(mutex_);
  return cancellations_;
}
std::vector<v1::Hello> FakeService::hellos() const {
  const std::lock_guard lock(mutex_);
  return hellos_;
}
std::vector<v1::ChallengeReport::Outcome> FakeService::reports() const {
  const std::lock_guard lock(mutex_);
  return reports_;
}
std::size_t FakeService::orders() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}
std::size_t FakeService::renewals() const {
  const std::lock_guard lock(mutex_);
  return renewals_;
}

void FakeService::Play(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

void FakeService::FinishOrders() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, entry] : entries_) {
    if (!IsOver(entry.order)) Finish(entry);
  }
}

void FakeService::ForgetOrders() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

FakeService::Script FakeService::script() const {
  const std::lock_guard lock(mutex_);
  return script_;
}

bool FakeService::Take(int Script::*count) {
  const std::lock_guard lock(mutex_);
  if (script_.*count == 0) return false;
  --(script_.*count);
  return true;
}

bool FakeService::HasUnfinished(const std::string& certificate,
                                const std::string& request_id) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, entry] : entries_) {
    if (entry.order.certificate() == certificate && entry.order.request_id() != request_id &&
        !IsOver(entry.order)) {
      return true;
    }
  }
  return false;
}

v1::Order FakeService::Place(const std::string& request_id, const std::string& certificate,
                             const std::string& csr_der, const std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  request_ids_.push_back(request_id);
  for (const auto& [name, entry] : entries_) {
    if (entry.order.request_id() == request_id) return entry.order;
  }
  const std::string number = std::to_string(entries_.size() + 1);
  Entry entry;
  entry.csr_der = csr_der;
  entry.order.set_name("orders/" + number);
  entry.order.set_request_id(request_id);
  entry.order.set_certificate(certificate.empty() ? "certificates/" + number : certificate);
  entry.order.set_state(v1::ORDER_STATE_VALIDATING);
  entry.order.mutable_create_time()->set_seconds(kOrderTime);
  for (const std::string& name : names) entry.order.add_identifiers(name);
  return entries_.emplace(entry.order.name(), entry).first->second.order;
}

grpc::Status FakeService::IssueCertificate(grpc::ServerContext* /*context*/,
                                           const v1::IssueCertificateRequest* request,
                                           v1::Order* response) {
  if (grpc::Status refusal = script().refusal; !refusal.ok()) return refusal;
  {
    const std::lock_guard lock(mutex_);
    issues_.push_back(*request);
  }
  *response = Place(request->request_id(), "", request->csr_der(),
                    {request->identifiers().begin(), request->identifiers().end()});
  return grpc::Status::OK;
}

grpc::Status FakeService::RenewCertificate(grpc::ServerContext* /*context*/,
                                           const v1::RenewCertificateRequest* request,
                                           v1::Order* response) {
  if (grpc::Status refusal = script().refusal; !refusal.ok()) return refusal;
  if (HasUnfinished(request->name(), request->request_id())) {
    return Refusal(grpc::StatusCode::FAILED_PRECONDITION, "ORDER_IN_PROGRESS");
  }
  {
    const std::lock_guard lock(mutex_);
    ++renewals_;
  }
  *response = Place(request->request_id(), request->name(), request->csr_der(), {"app.test"});
  return grpc::Status::OK;
}

grpc::Status FakeService::GetCertificate(grpc::ServerContext* /*context*/,
                                         const v1::GetCertificateRequest* request,
                                         v1::Certificate* response) {
  const std::lock_guard lock(mutex_);
  // The newest order of the certificate: its version is the current one.
  for (const auto& [name, entry] : entries_) {
    if (entry.certificate.name() == request->name()) *response = entry.certificate;
  }
  if (response->name().empty()) return {grpc::StatusCode::NOT_FOUND, "no such certificate"};
  return grpc::Status::OK;
}

grpc::Status FakeService::GetOrder(grpc::ServerContext* /*context*/,
                                   const v1::GetOrderRequest* request, v1::Order* response) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(request->name());
  if (found == entries_.end()) return Refusal(grpc::StatusCode::NOT_FOUND, "NOT_FOUND");
  *response = found->second.order;
  return grpc::Status::OK;
}

grpc::Status FakeService::CancelOrder(grpc::ServerContext* /*context*/,
                                      const v1::CancelOrderRequest* request, v1::Order* response) {
  const std::lock_guard lock(mutex_);
  cancellations_.push_back(*request);
  if (!script_.cancel_refusal.ok()) return script_.cancel_refusal;
  const auto found = entries_.find(request->name());
  if (found == entries_.end()) return Refusal(grpc::StatusCode::NOT_FOUND, "NOT_FOUND");
  v1::Order& order = found->second.order;
  if (script_.signing && !IsOver(order)) order.set_state(v1::ORDER_STATE_FINALIZING);
  if (IsOver(order) || order.state() == v1::ORDER_STATE_FINALIZING) {
    return Refusal(grpc::StatusCode::FAILED_PRECONDITION, "ORDER_FINAL");
  }
  order.set_state(v1::ORDER_STATE_CANCELLED);
  *response = order;
  return grpc::Status::OK;
}

void FakeService::Finish(Entry& entry) {
  if (script_.failure.code() != 0) {
    entry.order.set_state(v1::ORDER_STATE_FAILED);
    *entry.order.mutable_error() = script_.failure;
    return;
  }
  Bytes csr = ToBytes(AsBytes(entry.csr_der));
  if (script_.deliver_another) {
    csr = *HostKey::Generate(pki::KeyType::kEcP256)->MakeCsr({*Identifier::Parse("app.test")});
  }
  entry.order.set_state(v1::ORDER_STATE_ISSUED);
  entry.certificate.set_name(entry.order.certificate());
  auto& current = *entry.certificate.mutable_current();
  current.set_order(entry.order.name());
  current.set_chain_pem(root_.Sign(csr, static_cast<long>(0x100 + entries_.size())) + root_.pem());
}

grpc::Status FakeService::WatchOrder(grpc::ServerContext* context,
                                     const v1::WatchOrderRequest* request,
                                     grpc::ServerWriter<v1::WatchOrderResponse>* writer) {
  v1::WatchOrderResponse response;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(request->name());
    if (found == entries_.end()) return Refusal(grpc::StatusCode::NOT_FOUND, "NOT_FOUND");
    *response.mutable_order() = found->second.order;
  }
  writer->Write(response);
  if (IsOver(response.order())) return grpc::Status::OK;
  if (const auto on_watch = script().on_watch) on_watch();
  if (Take(&Script::watches_to_break)) return {grpc::StatusCode::UNAVAILABLE, "broken"};

  std::unique_lock lock(mutex_);
  // Looked up again after each wait: a test may have forgotten the order meanwhile.
  const auto find = [&] {
    const auto found = entries_.find(request->name());
    return found == entries_.end() ? nullptr : &found->second;
  };
  Entry* entry = find();
  if (entry != nullptr && !entry->served) {
    entry->wanted = true;
    lock.unlock();
    Tell(Wanted(request->name()));
    lock.lock();
    entry = find();
  }
  while (entry != nullptr &&
         (script_.hold_orders ||
          (!entry->served && entry->order.state() != v1::ORDER_STATE_FINALIZING))) {
    if (context->IsCancelled()) return grpc::Status::CANCELLED;
    changed_.wait_for(lock, std::chrono::milliseconds{20});
    entry = find();
  }
  if (entry == nullptr) return Refusal(grpc::StatusCode::NOT_FOUND, "NOT_FOUND");
  Finish(*entry);
  *response.mutable_order() = entry->order;
  lock.unlock();
  v1::BrokerMessage message;
  message.mutable_remove_challenge()->set_order(request->name());
  message.mutable_remove_challenge()->set_token(kToken);
  Tell(message);
  writer->Write(response);
  return grpc::Status::OK;
}

void FakeService::Tell(const v1::BrokerMessage& message) {
  const std::lock_guard writing(session_writes_);
  Stream* session = nullptr;
  {
    const std::lock_guard lock(mutex_);
    session = session_;
  }
  if (session != nullptr) session->Write(message);
}

grpc::Status FakeService::Session(grpc::ServerContext* /*context*/, Stream* stream) {
  v1::AgentMessage message;
  if (!stream->Read(&message)) return grpc::Status::OK;
  if (Take(&Script::sessions_to_break)) return script().session_end;
  v1::BrokerMessage welcome;
  welcome.mutable_welcome()->mutable_service_time()->set_seconds(kOrderTime);
  stream->Write(welcome);
  if (Take(&Script::welcomed_sessions_to_break)) return script().session_end;
  std::vector<v1::BrokerMessage> first;
  {
    const std::lock_guard lock(mutex_);
    hellos_.push_back(message.hello());
    for (const v1::PresentChallenge& challenge : script_.challenges)
      *first.emplace_back().mutable_present_challenge() = challenge;
    if (script_.replace_identity) first.emplace_back().mutable_replace_identity();
    // What an earlier session was asked for, this one is asked for again.
    for (const auto& [name, entry] : entries_) {
      if (entry.wanted && !entry.served) first.push_back(Wanted(name));
    }
    session_ = stream;
  }
  for (const v1::BrokerMessage& one : first) Tell(one);
  while (stream->Read(&message)) {
    const auto& report = message.challenge_report();
    const auto on_serving = script().on_serving;
    if (report.outcome() == v1::ChallengeReport::SERVING && on_serving) on_serving();
    const std::lock_guard lock(mutex_);
    reports_.push_back(report.outcome());
    const auto entry = entries_.find(report.order());
    if (report.outcome() == v1::ChallengeReport::SERVING && entry != entries_.end())
      entry->second.served = true;
    changed_.notify_all();
  }
  const std::lock_guard writing(session_writes_);  // nobody writes to a stream that is over
  const std::lock_guard lock(mutex_);
  if (session_ == stream) session_ = nullptr;
  return grpc::Status::OK;
}

}  // namespace certbroker::agent
