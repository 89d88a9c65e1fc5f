import { Inject, Injectable } from '@nestjs/common';
import { LoginPages } from 'nestjs-oauth-providers';
import { SampleConfig } from '../config/sample-config.js';
import { pageFrame } from './render.js';

type LoginPage = ReturnType<LoginPages['problem']>;

/** The login's pages with the one thing that depends on how browsers reach us. */
@Injectable()
export class SitePages extends LoginPages {
  private readonly secure: boolean;

  constructor(@Inject(SampleConfig) { publicUrl }: SampleConfig) {
    super(publicUrl, pageFrame);
    this.secure = publicUrl.secure;
  }

  override problem(...parameters: Parameters<LoginPages['problem']>): LoginPage {
    return this.finish(super.problem(...parameters));
  }

  override relay(...parameters: Parameters<LoginPages['relay']>): LoginPage {
    return this.finish(super.relay(...parameters));
  }

  override handoff(...parameters: Parameters<LoginPages['handoff']>): LoginPage {
    return this.finish(super.handoff(...parameters));
  }

  private finish(page: LoginPage): LoginPage {
    if (!this.secure) return page;
    return { ...page, contentSecurityPolicy: `${page.contentSecurityPolicy}; upgrade-insecure-requests` };
  }
}
